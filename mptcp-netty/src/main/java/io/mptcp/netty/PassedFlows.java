package io.mptcp.netty;

import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/**
 * Whose a flow is, by addresses and ports. Bounded: flows are kept in two generations, and when the young one is full the old one, of which nothing was
 * heard for as long, is forgotten. Allocates only to grow.
 */
final class PassedFlows {
    private static final int INITIAL_SLOTS = 64;

    private final int maxPerGeneration;
    private Generation young = new Generation(INITIAL_SLOTS);
    private Generation old = new Generation(INITIAL_SLOTS);

    PassedFlows(int maxFlows) {
        maxPerGeneration = Math.max(1, maxFlows / 2);
    }

    /** Number of the stack the flow of a received segment belongs to, -1 if nothing is known. */
    int owner(PacketSlot slot) {
        if (isEmpty()) {
            return -1;
        }
        int ports = ports(slot);
        int at = young.find(slot, ports);
        if (young.owners[at] != 0) {
            return young.owners[at] - 1;
        }
        int owner = old.owners[old.find(slot, ports)] - 1;
        if (owner >= 0) {
            remember(slot, owner); // it is still in use
        }
        return owner;
    }

    boolean isEmpty() {
        return young.size == 0 && old.size == 0;
    }

    void remember(PacketSlot slot, int owner) {
        if (young.size >= maxPerGeneration) {
            old = young;
            young = new Generation(INITIAL_SLOTS);
        }
        if (2 * (young.size + 1) > young.owners.length) {
            young = young.doubled();
        }
        young.put(slot, ports(slot), owner);
    }

    private static int ports(PacketSlot slot) {
        return TcpSegment.sourcePort(slot.buffer, slot.offset) << 16 | TcpSegment.destinationPort(slot.buffer, slot.offset);
    }

    /** Open addressing with linear probing, at most half full; entries are never removed one by one. */
    private static final class Generation {
        /** Four for each slot: source and destination. */
        final long[] addresses;
        final int[] ports;
        /** One more than the owner; 0 is a free slot. */
        final byte[] owners;
        int size;

        Generation(int slots) {
            addresses = new long[4 * slots];
            ports = new int[slots];
            owners = new byte[slots];
        }

        int find(PacketSlot slot, int slotPorts) {
            int mask = owners.length - 1;
            int at = home(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slotPorts);
            while (owners[at] != 0 && !isAt(at, slot, slotPorts)) {
                at = at + 1 & mask;
            }
            return at;
        }

        private int home(long sourceHi, long sourceLo, long destinationHi, long destinationLo, int flowPorts) {
            long hash = sourceHi * 31 + sourceLo;
            hash = (hash * 0x9e3779b97f4a7c15L ^ destinationHi) * 31 + destinationLo;
            hash = (hash ^ Integer.toUnsignedLong(flowPorts)) * 0xbf58476d1ce4e5b9L;
            return (int) (hash ^ hash >>> 32) & owners.length - 1;
        }

        private boolean isAt(int at, PacketSlot slot, int slotPorts) {
            return ports[at] == slotPorts && addresses[4 * at] == slot.sourceHi && addresses[4 * at + 1] == slot.sourceLo
                    && addresses[4 * at + 2] == slot.destinationHi && addresses[4 * at + 3] == slot.destinationLo;
        }

        void put(PacketSlot slot, int slotPorts, int owner) {
            int at = find(slot, slotPorts);
            if (owners[at] == 0) {
                size++;
            }
            set(at, slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slotPorts, (byte) (owner + 1));
        }

        private void set(int at, long sourceHi, long sourceLo, long destinationHi, long destinationLo, int flowPorts, byte owner) {
            addresses[4 * at] = sourceHi;
            addresses[4 * at + 1] = sourceLo;
            addresses[4 * at + 2] = destinationHi;
            addresses[4 * at + 3] = destinationLo;
            ports[at] = flowPorts;
            owners[at] = owner;
        }

        Generation doubled() {
            Generation larger = new Generation(2 * owners.length);
            for (int i = 0; i < owners.length; i++) {
                if (owners[i] != 0) {
                    int at = larger.home(addresses[4 * i], addresses[4 * i + 1], addresses[4 * i + 2], addresses[4 * i + 3], ports[i]);
                    while (larger.owners[at] != 0) {
                        at = at + 1 & larger.owners.length - 1;
                    }
                    larger.set(at, addresses[4 * i], addresses[4 * i + 1], addresses[4 * i + 2], addresses[4 * i + 3], ports[i], owners[i]);
                }
            }
            larger.size = size;
            return larger;
        }
    }
}
