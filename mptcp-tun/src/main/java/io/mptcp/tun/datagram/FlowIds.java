package io.mptcp.tun.datagram;

/** What belongs together: the datagrams of one sender, by the address and port in their packets. */
public final class FlowIds {
    private static final int PROTOCOL_UDP = 17;

    private FlowIds() {
    }

    /** Whether these bytes begin like an IP packet with a UDP datagram. */
    public static boolean isUdp(byte[] packet) {
        int version = packet.length < 28 ? 0 : packet[0] >> 4 & 0xf;
        return version == 4 && packet[9] == PROTOCOL_UDP || version == 6 && packet.length >= 48 && packet[6] == PROTOCOL_UDP;
    }

    /** Of a packet that {@link #isUdp}: by its source, or as an answer by its destination. */
    public static long of(byte[] packet, boolean answer) {
        boolean ipv4 = (packet[0] >> 4 & 0xf) == 4;
        int addressBytes = ipv4 ? 4 : 16;
        int address = (ipv4 ? 12 : 8) + (answer ? addressBytes : 0);
        int port = (ipv4 ? 4 * (packet[0] & 0xf) : 40) + (answer ? 2 : 0);
        long hash = port + 1 < packet.length ? (packet[port] & 0xff) << 8 | packet[port + 1] & 0xff : 0;
        for (int i = address; i < address + addressBytes; i++) {
            hash = hash * 0x100_0000_01b3L + (packet[i] & 0xff); // FNV's prime
        }
        return hash;
    }

    /** The port that a packet {@link #isUdp} goes to, 0 without one. */
    public static int destinationPort(byte[] packet) {
        int port = ((packet[0] >> 4 & 0xf) == 4 ? 4 * (packet[0] & 0xf) : 40) + 2;
        return port + 1 < packet.length ? (packet[port] & 0xff) << 8 | packet[port + 1] & 0xff : 0;
    }
}
