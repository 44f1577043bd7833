package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;

/** Something on the way that looks into packets. It sees each packet on the wire, after segmentation and before any loss. */
@FunctionalInterface
public interface Middlebox {
    /**
     * May change the packet, keeping its TCP checksum right.
     *
     * @return false to drop it
     */
    boolean forward(PacketSlot packet);
}
