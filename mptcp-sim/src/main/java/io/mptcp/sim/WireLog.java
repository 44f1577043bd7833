package io.mptcp.sim;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;

/** The last headers seen on any link and what became of them: the end of a failure message. Writing is a copy of 60 bytes, no more. */
final class WireLog {
    private static final int ENTRIES = Integer.getInteger("sim.log", 60);

    private final long[] times = new long[ENTRIES];
    private final String[] links = new String[ENTRIES];
    private final String[] fates = new String[ENTRIES];
    private final int[] lengths = new int[ENTRIES];
    private final long[] addresses = new long[4 * ENTRIES];
    private final byte[] bytes = new byte[ENTRIES * TcpSegment.MAX_HEADER_LENGTH];
    private final MemorySegment headers = MemorySegment.ofArray(bytes);
    private long count;

    void add(long nowNanos, String link, String fate, PacketSlot slot) {
        int at = (int) (count++ % ENTRIES);
        times[at] = nowNanos;
        links[at] = link;
        fates[at] = fate;
        lengths[at] = slot.totalLength();
        addresses[4 * at] = slot.sourceHi;
        addresses[4 * at + 1] = slot.sourceLo;
        addresses[4 * at + 2] = slot.destinationHi;
        addresses[4 * at + 3] = slot.destinationLo;
        int copied = Math.min(slot.length, TcpSegment.MAX_HEADER_LENGTH);
        MemorySegment.copy(slot.buffer, slot.offset, headers, (long) at * TcpSegment.MAX_HEADER_LENGTH, copied);
    }

    String format() {
        StringBuilder text = new StringBuilder();
        for (long i = Math.max(0, count - ENTRIES); i < count; i++) {
            append(text, (int) (i % ENTRIES));
        }
        return text.toString();
    }

    private void append(StringBuilder text, int at) {
        long offset = (long) at * TcpSegment.MAX_HEADER_LENGTH;
        text.append("    ").append(Simulation.seconds(times[at])).append(' ').append(links[at]).append(' ').append(fates[at]).append(' ');
        if (!TcpSegment.validate(headers, offset, Math.min(lengths[at], TcpSegment.MAX_HEADER_LENGTH))) {
            text.append("not TCP, ").append(lengths[at]).append(" bytes\n");
            return;
        }
        int payload = lengths[at] - TcpSegment.headerLength(headers, offset);
        IpAddress source = new IpAddress(addresses[4 * at], addresses[4 * at + 1]);
        IpAddress destination = new IpAddress(addresses[4 * at + 2], addresses[4 * at + 3]);
        text.append(new IpEndpoint(source, TcpSegment.sourcePort(headers, offset))).append(" > ")
                .append(new IpEndpoint(destination, TcpSegment.destinationPort(headers, offset)))
                .append(' ').append(flags(TcpSegment.flags(headers, offset)))
                .append(" seq ").append(Integer.toUnsignedString(TcpSegment.sequenceNumber(headers, offset)))
                .append(" ack ").append(Integer.toUnsignedString(TcpSegment.acknowledgmentNumber(headers, offset)))
                .append(" win ").append(TcpSegment.window(headers, offset)).append(" len ").append(payload);
        appendOptions(text, offset, payload);
        text.append('\n');
    }

    private void appendOptions(StringBuilder text, long offset, int payload) {
        TcpOptions options = new TcpOptions();
        options.parse(headers, offset, payload);
        for (int i = 0; i < options.sackCount; i++) {
            text.append(i == 0 ? " sack " : ",").append(Integer.toUnsignedString(options.sackLeft[i])).append('-')
                    .append(Integer.toUnsignedString(options.sackRight[i]));
        }
        if (options.hasTimestamps) {
            text.append(" ts ").append(Integer.toUnsignedString(options.tsVal)).append('/').append(Integer.toUnsignedString(options.tsEcr));
        }
        for (MptcpOption option : MptcpOption.of(options.mptcp)) {
            text.append(" <").append(option).append('>');
        }
    }

    private static String flags(int flags) {
        String names = "FSRPAUEC";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < names.length(); i++) {
            if ((flags & 1 << i) != 0) {
                text.append(names.charAt(i));
            }
        }
        return text.toString();
    }
}
