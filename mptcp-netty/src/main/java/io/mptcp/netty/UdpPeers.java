package io.mptcp.netty;

/**
 * Which UDP port a TCP endpoint is reached at: learned from what arrives, the last datagram wins. Bounded: endpoints are kept in two
 * generations, and when the young one is full the old one, in which nothing was heard of for as long, is forgotten. Allocates only to grow.
 */
final class UdpPeers {
    private static final int INITIAL_SLOTS = 64;

    private final int maxPerGeneration;
    private Generation young = new Generation(INITIAL_SLOTS);
    private Generation old = new Generation(INITIAL_SLOTS);

    /** @param peers endpoints remembered at least; at most twice as many are */
    UdpPeers(int peers) {
        this.maxPerGeneration = Math.max(1, peers);
    }

    void learn(long addressHi, long addressLo, int tcpPort, int udpPort) {
        int slot = young.find(addressHi, addressLo, tcpPort);
        if (young.ports[slot] == 0 && young.count >= maxPerGeneration) {
            old = young;
            young = new Generation(INITIAL_SLOTS);
            slot = young.find(addressHi, addressLo, tcpPort);
        }
        young = young.put(slot, addressHi, addressLo, tcpPort, udpPort);
    }

    /** @return the UDP port, or 0 if nothing was heard of that endpoint */
    int lookup(long addressHi, long addressLo, int tcpPort) {
        int found = young.udpPort(young.find(addressHi, addressLo, tcpPort));
        return found != 0 ? found : old.udpPort(old.find(addressHi, addressLo, tcpPort));
    }

    int count() {
        return young.count + old.count;
    }

    /** Open addressing with linear probing, at most half full; entries are never removed one by one. */
    private static final class Generation {
        final long[] hi;
        final long[] lo;
        /** TCP port in the upper half, UDP port in the lower; 0 is a free slot, since no datagram comes from UDP port 0. */
        final int[] ports;
        int count;

        Generation(int slots) {
            hi = new long[slots];
            lo = new long[slots];
            ports = new int[slots];
        }

        /** The slot of that endpoint, or the free one where it belongs. */
        int find(long addressHi, long addressLo, int tcpPort) {
            long hash = (addressHi * 0x9e3779b97f4a7c15L ^ addressLo ^ (long) tcpPort << 32) * 0xbf58476d1ce4e5b9L;
            int mask = ports.length - 1;
            int slot = (int) (hash ^ hash >>> 32) & mask;
            while (ports[slot] != 0 && !(lo[slot] == addressLo && hi[slot] == addressHi && ports[slot] >>> 16 == tcpPort)) {
                slot = slot + 1 & mask;
            }
            return slot;
        }

        int udpPort(int slot) {
            return ports[slot] & 0xffff;
        }

        Generation put(int slot, long addressHi, long addressLo, int tcpPort, int udpPort) {
            if (ports[slot] == 0) {
                if (2 * (count + 1) > ports.length) {
                    Generation larger = doubled();
                    return larger.put(larger.find(addressHi, addressLo, tcpPort), addressHi, addressLo, tcpPort, udpPort);
                }
                count++;
                hi[slot] = addressHi;
                lo[slot] = addressLo;
            }
            ports[slot] = tcpPort << 16 | udpPort;
            return this;
        }

        private Generation doubled() {
            Generation larger = new Generation(ports.length * 2);
            for (int i = 0; i < ports.length; i++) {
                if (ports[i] != 0) {
                    larger.put(larger.find(hi[i], lo[i], ports[i] >>> 16), hi[i], lo[i], ports[i] >>> 16, ports[i] & 0xffff);
                }
            }
            return larger;
        }
    }
}
