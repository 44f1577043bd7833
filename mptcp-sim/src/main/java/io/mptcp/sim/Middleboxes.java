package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Middleboxes known from the field (RFC 8684 section 6). */
public final class Middleboxes {
    private static final int KIND_END = 0;
    private static final int KIND_NOP = 1;
    /** What {@link #changePayload} does to a byte. */
    static final int CHANGED_BITS = 0x20;

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

    /** Flips one bit of the TCP segment in packets that match, and leaves the checksum as it was: what a broken router does. */
    public static Middlebox damage(SeededRandom random, Predicate<PacketSlot> on) {
        return packet -> {
            if (on.test(packet)) {
                long at = packet.offset + random.nextInt(packet.length);
                byte value = packet.buffer.get(ValueLayout.JAVA_BYTE, at);
                packet.buffer.set(ValueLayout.JAVA_BYTE, at, (byte) (value ^ 1 << random.nextInt(8)));
                packet.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
            }
            return true;
        };
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

    // ---- options that are changed ----

    /** Rewrites the options of packets; what would not fit the header or the MTU stays as it is. */
    private static Middlebox editOptions(int mtuBytes, UnaryOperator<List<byte[]>> edit) {
        return (Middlebox.Active) (packet, exits) -> {
            PacketSlot changed = Segments.copy(packet, edit.apply(Segments.options(packet)), Segments.payload(packet));
            boolean fits = changed != null && changed.length + (packet.isIpv4() ? 20 : 40) <= mtuBytes;
            exits.pass(fits ? changed : packet);
        };
    }

    /** Repeats MPTCP options where there is room. */
    public static Middlebox duplicateMptcp(int mtuBytes) {
        return editOptions(mtuBytes, options -> {
            List<byte[]> twice = new ArrayList<>(options);
            options.stream().filter(option -> (option[0] & 0xff) == MptcpOptions.KIND).forEach(twice::add);
            return twice;
        });
    }

    /** Puts an option nobody knows before all others where there is room. */
    public static Middlebox insertUnknownOption(int mtuBytes) {
        return editOptions(mtuBytes, options -> {
            List<byte[]> more = new ArrayList<>(options);
            more.addFirst(new byte[] {(byte) 253, 4, (byte) 0xca, (byte) 0xfe});
            return more;
        });
    }

    /** The last option first, and all padding at the end. */
    public static Middlebox reverseOptions() {
        return editOptions(Integer.MAX_VALUE, List::reversed);
    }

    // ---- segments that are cut and joined ----

    /** Which parts of a segment that is cut get its options. */
    public enum OptionsOn {
        ALL, FIRST, LAST
    }

    /** Cuts payloads longer than this; timestamps go on all parts, other options as said. */
    public static Middlebox split(int bytes, OptionsOn where) {
        return (Middlebox.Active) (packet, exits) -> {
            byte[] payload = Segments.payload(packet);
            if (payload.length <= bytes || Segments.has(packet, TcpSegment.SYN | TcpSegment.RST)) {
                exits.pass(packet);
                return;
            }
            List<byte[]> options = Segments.options(packet);
            List<byte[]> timestamps = options.stream().filter(option -> option[0] == Segments.KIND_TIMESTAMPS).toList();
            for (int at = 0; at < payload.length; at += bytes) {
                boolean first = at == 0;
                boolean last = at + bytes >= payload.length;
                boolean whole = where == OptionsOn.ALL || (where == OptionsOn.FIRST ? first : last);
                PacketSlot part = Segments.copy(packet, whole ? options : timestamps,
                        Arrays.copyOfRange(payload, at, Math.min(payload.length, at + bytes)));
                Segments.setSequenceNumber(part, Segments.sequenceNumber(packet) + at);
                if (!last) {
                    Segments.setFlags(part, TcpSegment.ACK);
                }
                Checksum.fillTcp(part);
                exits.pass(part);
            }
        };
    }

    /** Joins consecutive data segments that come within 2 ms, up to this payload. The options of the first stay, the second's are lost. */
    public static Middlebox coalesce(int maxPayloadBytes) {
        return new Coalescer(maxPayloadBytes);
    }

    private static final class Coalescer implements Middlebox.Active {
        private static final long WAIT_NANOS = 2_000_000L;

        private final int maxPayloadBytes;
        private PacketSlot held;
        private long generation;

        Coalescer(int maxPayloadBytes) {
            this.maxPayloadBytes = maxPayloadBytes;
        }

        @Override
        public void handle(PacketSlot packet, Exits exits) {
            if (held != null && follows(packet)) {
                byte[] first = Segments.payload(held);
                byte[] second = Segments.payload(packet);
                byte[] both = Arrays.copyOf(first, first.length + second.length);
                System.arraycopy(second, 0, both, first.length, second.length);
                PacketSlot joined = Segments.copy(held, Segments.options(held), both);
                held = null;
                generation++;
                exits.pass(joined);
                return;
            }
            flush(exits);
            boolean plain = !Segments.has(packet, TcpSegment.SYN | TcpSegment.FIN | TcpSegment.RST);
            if (!plain || Segments.payloadLength(packet) == 0 || Segments.payloadLength(packet) >= maxPayloadBytes) {
                exits.pass(packet);
                return;
            }
            held = Segments.copy(packet, Segments.options(packet), Segments.payload(packet));
            long expected = ++generation;
            exits.after(WAIT_NANOS, () -> {
                if (generation == expected) {
                    flush(exits);
                }
            });
        }

        private void flush(Exits exits) {
            if (held != null) {
                PacketSlot packet = held;
                held = null;
                generation++;
                exits.pass(packet);
            }
        }

        private boolean follows(PacketSlot packet) {
            int payload = Segments.payloadLength(packet);
            return payload > 0 && Segments.payloadLength(held) + payload <= maxPayloadBytes
                    && !Segments.has(packet, TcpSegment.SYN | TcpSegment.FIN | TcpSegment.RST)
                    && Segments.sourcePort(held) == Segments.sourcePort(packet)
                    && Segments.destinationPort(held) == Segments.destinationPort(packet)
                    && Segments.sequenceNumber(packet) == Segments.sequenceNumber(held) + Segments.payloadLength(held);
        }
    }

    // ---- payload and window ----

    /** Changes one byte in every so-manieth packet with payload. */
    public static Middlebox changePayload(int every) {
        int[] seen = {0};
        return packet -> {
            int payload = Segments.payloadLength(packet);
            if (payload > 0 && ++seen[0] % every == 0) {
                long at = (long) packet.offset + packet.length - payload;
                packet.buffer.set(ValueLayout.JAVA_BYTE, at, (byte) (packet.buffer.get(ValueLayout.JAVA_BYTE, at) ^ CHANGED_BITS));
                Checksum.fillTcp(packet);
            }
            return true;
        };
    }

    /**
     * Sets a bit that was clear in every so-manieth packet with payload. Changes of one mapping add up, and none hides another from the sum that
     * a checksum is (RFC 8684 section 3.3.1).
     */
    public static Middlebox changePayloadWithoutCancelling(int every) {
        int[] seen = {0};
        return packet -> {
            int payload = Segments.payloadLength(packet);
            if (payload > 0 && ++seen[0] % every == 0) {
                long end = (long) packet.offset + packet.length;
                for (long at = end - payload; at < end; at++) {
                    byte value = packet.buffer.get(ValueLayout.JAVA_BYTE, at);
                    if ((value & CHANGED_BITS) == 0) {
                        packet.buffer.set(ValueLayout.JAVA_BYTE, at, (byte) (value | CHANGED_BITS));
                        Checksum.fillTcp(packet);
                        break;
                    }
                }
            }
            return true;
        };
    }

    /** Lowers window fields to these limits, one after the other for packets that are no SYNs: the right edge moves left. */
    public static Middlebox clampWindow(int... limits) {
        int[] seen = {0};
        return packet -> {
            if (isNotSyn(packet)) {
                int limit = limits[seen[0]++ % limits.length];
                Segments.setWindow(packet, Math.min(limit, TcpSegment.window(packet.buffer, packet.offset)));
                Checksum.fillTcp(packet);
            }
            return true;
        };
    }

    /** No holes pass in the sequence numbers of a connection, and what is sent again has to be the same: if not the simulation fails. */
    public static void normalise(Simulation simulation, SimLink link) {
        link.add(new Normaliser(simulation));
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
