package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Predicate;

/** Middleboxes known from the field (RFC 8684 section 6). */
public final class Middleboxes {
    private static final int KIND_END = 0;
    private static final int KIND_NOP = 1;

    private Middleboxes() {
    }

    public static boolean isSyn(PacketSlot packet) {
        return (flags(packet) & (TcpSegment.SYN | TcpSegment.ACK)) == TcpSegment.SYN;
    }

    public static boolean isSynAck(PacketSlot packet) {
        return (flags(packet) & (TcpSegment.SYN | TcpSegment.ACK)) == (TcpSegment.SYN | TcpSegment.ACK);
    }

    public static boolean isNotSyn(PacketSlot packet) {
        return (flags(packet) & TcpSegment.SYN) == 0;
    }

    private static int flags(PacketSlot packet) {
        return TcpSegment.flags(packet.buffer, packet.offset);
    }

    /** Overwrites MPTCP options with NOPs on every packet that matches. */
    public static Middlebox stripMptcp(Predicate<PacketSlot> on) {
        return packet -> {
            if (on.test(packet) && overwriteMptcp(packet)) {
                Checksum.fillTcp(packet);
            }
            return true;
        };
    }

    /** Lets this many packets pass, then strips MPTCP options from all that follow. */
    public static Middlebox stripMptcpAfter(int packets) {
        int[] seen = {0};
        return stripMptcp(packet -> ++seen[0] > packets);
    }

    /** Drops packets that carry an MPTCP option and match. */
    public static Middlebox dropMptcp(Predicate<PacketSlot> on) {
        return packet -> !(on.test(packet) && findMptcp(packet, packet.offset + TcpSegment.MIN_HEADER_LENGTH) >= 0);
    }

    /** Drops the packets with these numbers (counted from 1) of those that match. */
    public static Middlebox dropNumbered(Predicate<PacketSlot> of, int first, int last) {
        int[] seen = {0};
        return packet -> {
            if (!of.test(packet)) {
                return true;
            }
            seen[0]++;
            return seen[0] < first || seen[0] > last;
        };
    }

    private static boolean overwriteMptcp(PacketSlot packet) {
        boolean changed = false;
        long at = findMptcp(packet, packet.offset + TcpSegment.MIN_HEADER_LENGTH);
        while (at >= 0) {
            int length = unsignedByte(packet.buffer, at + 1);
            packet.buffer.asSlice(at, length).fill((byte) KIND_NOP);
            changed = true;
            at = findMptcp(packet, at + length);
        }
        return changed;
    }

    /** Position of the next MPTCP option at or after {@code from}, -1 when there is none. */
    private static long findMptcp(PacketSlot packet, long from) {
        long end = packet.offset + TcpSegment.headerLength(packet.buffer, packet.offset);
        long at = from;
        while (at < end) {
            int kind = unsignedByte(packet.buffer, at);
            if (kind == KIND_NOP) {
                at++;
                continue;
            }
            if (kind == KIND_END || at + 1 >= end) {
                return -1;
            }
            int length = unsignedByte(packet.buffer, at + 1);
            if (length < 2 || at + length > end) {
                return -1;
            }
            if (kind == MptcpOptions.KIND) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    private static int unsignedByte(MemorySegment buffer, long offset) {
        return buffer.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }
}
