package io.mptcp.sim.script;

import io.mptcp.stack.Keys;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The packets so far, as the end of a failure message. It is written like a packetdrill script: {@code <} goes to the stack, {@code >} comes
 * from it, and numbers are relative to those of the SYN and of the keys wherever these have been seen.
 */
final class Trace {
    private static final int ENTRIES = Integer.getInteger("script.trace", 60);
    /** How far from the start of its space a number is still believed to belong to it. */
    private static final long NEAR = 1L << 30;

    /** One packet; {@code header} is the TCP header with its options. */
    private record Entry(double millis, boolean toStack, int linkId, int ecn, IpEndpoint source, IpEndpoint destination, byte[] header, int payload,
                         String note) {
    }

    private record Direction(IpEndpoint source, IpEndpoint destination) {
    }

    private final Deque<Entry> entries = new ArrayDeque<>();
    private final Map<Direction, Integer> initialNumbers = new HashMap<>();
    private final List<Long> initialDsns = new ArrayList<>();
    private final Keys keys = new Keys();
    private long count;

    boolean isEmpty() {
        return count == 0;
    }

    void add(double millis, boolean toStack, PacketSlot slot) {
        count++;
        IpAddress from = new IpAddress(slot.sourceHi, slot.sourceLo);
        IpAddress to = new IpAddress(slot.destinationHi, slot.destinationLo);
        if (!TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            add(new Entry(millis, toStack, slot.linkId, slot.ecn, new IpEndpoint(from, 0), new IpEndpoint(to, 0), null, slot.length, "not TCP, " + slot.length + " bytes"));
            return;
        }
        IpEndpoint source = new IpEndpoint(from, TcpSegment.sourcePort(slot.buffer, slot.offset));
        IpEndpoint destination = new IpEndpoint(to, TcpSegment.destinationPort(slot.buffer, slot.offset));
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        byte[] header = slot.buffer.asSlice(slot.offset, headerLength).toArray(ValueLayout.JAVA_BYTE);
        add(new Entry(millis, toStack, slot.linkId, slot.ecn, source, destination, header, slot.totalLength() - headerLength, null));
        if ((TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.SYN) != 0) {
            initialNumbers.put(new Direction(source, destination), TcpSegment.sequenceNumber(slot.buffer, slot.offset));
        }
    }

    /** Something to the stack that is not TCP. */
    void note(double millis, String what) {
        count++;
        add(new Entry(millis, true, 0, 0, null, null, null, 0, what));
    }

    private void add(Entry entry) {
        if (entries.size() == ENTRIES) {
            entries.removeFirst();
        }
        entries.addLast(entry);
    }

    /** A key whose data sequence numbers are to be shown relative to their start. */
    void learnKey(long key) {
        long idsn = keys.idsn(key);
        if (!initialDsns.contains(idsn)) {
            initialDsns.add(idsn);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("packets so far (< to the stack, > from it; milliseconds; relative numbers):\n");
        if (count > entries.size()) {
            text.append("    ... ").append(count - entries.size()).append(" earlier ones (-Dscript.trace=N shows N)\n");
        }
        for (Entry entry : entries) {
            append(text, entry);
        }
        return text.toString();
    }

    private void append(StringBuilder text, Entry entry) {
        text.append(String.format(Locale.ROOT, "%10.3f %s ", entry.millis, entry.toStack ? '<' : '>'));
        if (entry.source != null) {
            text.append(entry.toStack ? entry.source : entry.destination);
        }
        if (entry.linkId != 0) {
            text.append(" link ").append(entry.linkId);
        }
        text.append(' ');
        if (entry.header == null) {
            text.append(entry.note).append('\n');
            return;
        }
        MemorySegment header = MemorySegment.ofArray(entry.header);
        int flags = TcpSegment.flags(header, 0);
        long seq = relative(new Direction(entry.source, entry.destination), TcpSegment.sequenceNumber(header, 0));
        text.append(flagLetters(flags)).append(' ').append(seq).append(':').append(seq + entry.payload).append('(').append(entry.payload).append(')');
        if ((flags & TcpSegment.ACK) != 0) {
            text.append(" ack ").append(relative(new Direction(entry.destination, entry.source), TcpSegment.acknowledgmentNumber(header, 0)));
        }
        text.append(" win ").append(TcpSegment.window(header, 0));
        if (entry.ecn != 0) {
            text.append(" ecn ").append(entry.ecn);
        }
        appendOptions(text, entry, header);
        text.append('\n');
    }

    private void appendOptions(StringBuilder text, Entry entry, MemorySegment header) {
        TcpOptions options = new TcpOptions();
        options.parse(header, 0, entry.payload);
        List<String> words = new ArrayList<>();
        if (options.mss >= 0) {
            words.add("mss " + options.mss);
        }
        if (options.sackPermitted) {
            words.add("sackOK");
        }
        if (options.hasTimestamps) {
            words.add("TS " + Integer.toUnsignedString(options.tsVal) + "/" + Integer.toUnsignedString(options.tsEcr));
        }
        if (options.windowScale >= 0) {
            words.add("wscale " + options.windowScale);
        }
        Direction back = new Direction(entry.destination, entry.source);
        for (int i = 0; i < options.sackCount; i++) {
            words.add("sack " + relative(back, options.sackLeft[i]) + ":" + relative(back, options.sackRight[i]));
        }
        for (MptcpOption option : MptcpOption.of(options.mptcp)) {
            words.add(relative(option).toString());
        }
        if (!words.isEmpty()) {
            text.append(" <").append(String.join(", ", words)).append('>');
        }
    }

    private long relative(Direction direction, int number) {
        Integer initial = initialNumbers.get(direction);
        return initial == null ? Integer.toUnsignedLong(number) : number - initial;
    }

    private MptcpOption relative(MptcpOption option) {
        if (!(option instanceof MptcpOption.Dss dss)) {
            return option;
        }
        MptcpOption.DataAck ack = dss.ack();
        MptcpOption.Mapping mapping = dss.mapping();
        return new MptcpOption.Dss(
                ack == null ? null : new MptcpOption.DataAck(ack.wide(), relativeDsn(ack.wide(), ack.dataAck())),
                mapping == null ? null : new MptcpOption.Mapping(mapping.wide(), relativeDsn(mapping.wide(), mapping.dsn()), mapping.ssn(),
                        mapping.dataLevelLength(), mapping.dataFin(), mapping.checksum()));
    }

    private long relativeDsn(boolean wide, long dsn) {
        for (long initial : initialDsns) {
            long distance = wide ? dsn - initial : (int) dsn - (int) initial;
            if (Math.abs(distance) < NEAR) {
                return distance;
            }
        }
        return dsn;
    }

    /** As packetdrill writes them. */
    static String flagLetters(int flags) {
        StringBuilder letters = new StringBuilder();
        String names = "SFRP.EWU";
        int[] bits = {TcpSegment.SYN, TcpSegment.FIN, TcpSegment.RST, TcpSegment.PSH, TcpSegment.ACK, TcpSegment.ECE, TcpSegment.CWR, TcpSegment.URG};
        for (int i = 0; i < bits.length; i++) {
            if ((flags & bits[i]) != 0) {
                letters.append(names.charAt(i));
            }
        }
        return letters.isEmpty() ? "-" : letters.toString();
    }
}
