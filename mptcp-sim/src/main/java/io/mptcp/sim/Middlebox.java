package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;

/** Something on the way that looks into packets. It sees each packet on the wire, after segmentation and before any loss. */
@FunctionalInterface
public interface Middlebox {
    /** Where packets can go from a middlebox. Slots are copied, or used up before the call returns. */
    interface Exits {
        /** On in the same direction, to the next middlebox. */
        void pass(PacketSlot packet);

        /** Back to where the packets come from, on the other direction's wire. */
        void answer(PacketSlot packet);

        /** Does something later. */
        void after(long delayNanos, Runnable action);
    }

    /** A middlebox that does more with packets than letting them pass or not. */
    @FunctionalInterface
    interface Active extends Middlebox {
        @Override
        void handle(PacketSlot packet, Exits exits);

        @Override
        default boolean forward(PacketSlot packet) {
            throw new UnsupportedOperationException("this middlebox needs its exits");
        }
    }

    /**
     * May change the packet, keeping its TCP checksum right.
     *
     * @return false to drop it
     */
    boolean forward(PacketSlot packet);

    default void handle(PacketSlot packet, Exits exits) {
        if (forward(packet)) {
            exits.pass(packet);
        }
    }

    /** Whether both ends see the same addresses and sequence numbers; the {@link WireMonitor} is of no use where they do not. */
    default boolean isTransparent() {
        return true;
    }
}
