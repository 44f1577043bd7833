package io.mptcp.cli.dump;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Where in a captured frame the IP packet starts, by link type (registry of tcpdump.org). */
final class LinkLayer {
    static final int NULL = 0;
    static final int ETHERNET = 1;
    static final int RAW = 101;
    static final int LOOP = 108;
    static final int LINUX_SLL = 113;
    static final int IPV4 = 228;
    static final int IPV6 = 229;
    static final int LINUX_SLL2 = 276;

    /** What DLT_RAW is on two families of systems, written into files as it is. */
    private static final int RAW_BSD = 12;
    private static final int RAW_OPENBSD = 14;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int ETHERTYPE_VLAN = 0x8100;
    private static final int ETHERTYPE_SERVICE_VLAN = 0x88a8;
    private static final int ETHERTYPE_OLD_QINQ = 0x9100;
    private static final int VLAN_TAG_BYTES = 4;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private LinkLayer() {
    }

    /** Whether anything is known about a link type. */
    static boolean isKnown(int linkType) {
        return switch (linkType) {
            case NULL, ETHERNET, RAW, RAW_BSD, RAW_OPENBSD, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 -> true;
            default -> false;
        };
    }

    /** @return the offset of the IP header, or -1 when the frame carries something else or is too short to tell */
    static int ipOffset(CapturedPacket packet) {
        return switch (packet.linkType) {
            case RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6 -> 0;
            // The address family of the system that captured: whoever looks at the IP version next knows better.
            case NULL, LOOP -> 4;
            case ETHERNET -> behindType(packet, 12);
            case LINUX_SLL -> behindType(packet, 14);
            case LINUX_SLL2 -> behindProtocol(packet, 0, 20);
            default -> -1;
        };
    }

    /** Something that differs when one packet is captured in two places: the interface, and on "any" also whether it came or went. */
    static int origin(CapturedPacket packet) {
        int place = switch (packet.linkType) {
            case LINUX_SLL -> packet.buffer.get(SHORT, 0);
            case LINUX_SLL2 -> packet.buffer.get(INT, 4) * 8 + packet.bytes[10];
            default -> 0;
        };
        return packet.interfaceNumber * 0x10001 + place;
    }

    private static int behindType(CapturedPacket packet, int typeOffset) {
        return behindProtocol(packet, typeOffset, typeOffset + 2);
    }

    /** Passes over VLAN tags, which stand between a type and what it names; there may be several (IEEE 802.1ad). */
    private static int behindProtocol(CapturedPacket packet, int typeOffset, int next) {
        int at = typeOffset;
        int payload = next;
        while (payload <= packet.length) {
            int type = packet.buffer.get(SHORT, at) & 0xffff;
            switch (type) {
                case ETHERTYPE_IPV4, ETHERTYPE_IPV6 -> {
                    return payload;
                }
                case ETHERTYPE_VLAN, ETHERTYPE_SERVICE_VLAN, ETHERTYPE_OLD_QINQ -> {
                    at = payload + 2;
                    payload += VLAN_TAG_BYTES;
                }
                default -> {
                    return -1;
                }
            }
        }
        return -1;
    }
}
