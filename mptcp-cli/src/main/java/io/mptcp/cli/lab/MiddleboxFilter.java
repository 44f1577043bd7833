package io.mptcp.cli.lab;

import io.mptcp.sim.Middlebox;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A middlebox of the simulator on real frames. It may change TCP segments in their place; those that send packets of their own do not work here. */
public final class MiddleboxFilter implements FrameFilter {
    private static final ValueLayout.OfShort BE_SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETHERNET_HEADER_BYTES = 14;
    private static final int ETHERTYPE_OFFSET = 12;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    private final Middlebox middlebox;
    private final PacketSlot slot = new PacketSlot();

    public MiddleboxFilter(Middlebox middlebox) {
        this.middlebox = middlebox;
    }

    @Override
    public boolean pass(MemorySegment frame) {
        if (frame.byteSize() <= ETHERNET_HEADER_BYTES) {
            return true;
        }
        int type = frame.get(BE_SHORT, ETHERTYPE_OFFSET) & 0xffff;
        int packetBytes = (int) frame.byteSize() - ETHERNET_HEADER_BYTES;
        boolean ip = type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
        boolean tcp = ip && IpHeaders.toSlot(frame, ETHERNET_HEADER_BYTES, packetBytes, slot) && slot.protocol == IpHeaders.PROTOCOL_TCP
                && TcpSegment.validate(slot.buffer, slot.offset, slot.length);
        return !tcp || middlebox.forward(slot);
    }
}
