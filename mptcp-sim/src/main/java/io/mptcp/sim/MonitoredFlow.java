package io.mptcp.sim;

import io.mptcp.sim.WireMonitor.MonitorViolation;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.Map;
import java.util.TreeMap;

/** One direction of a subflow. Subflow sequence numbers are relative: the first payload byte is 1. */
final class MonitoredFlow {
    /** MP_CAPABLE with keys, data-level length and no checksum (RFC 8684 section 3.1). */
    private static final int MP_CAPABLE_DATA_BYTES = 22;

    /** Subflow bytes {@code [ssn, ssn + length)} carry the stream from {@code offset} on; {@code dataFin} follows them. */
    private record Mapping(long ssn, long offset, int length, boolean dataFin) {
        long end() {
            return ssn + length;
        }
    }

    final int isn;
    final MonitoredStream stream;
    final boolean joined;
    /** The other direction, null until its SYN/ACK. */
    MonitoredFlow reverse;

    private final String name;
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>();
    private int windowShift = -1;
    private boolean synHadMptcp;
    /** Bytes after those with a mapping are sent as plain TCP. */
    private boolean fallback;
    private long infiniteSsn = -1;
    private long infiniteOffset;
    private long highestSsn = 1;
    private boolean finSent;
    private long highestAck;
    private long highestRightEdge;

    MonitoredFlow(String name, int isn, MonitoredStream stream, boolean joined) {
        this.name = name;
        this.isn = isn;
        this.stream = stream;
        this.joined = joined;
    }

    @Override
    public String toString() {
        return name;
    }

    void onSyn(TcpOptions options, boolean isReply) {
        windowShift = options.windowScale;
        // A SYN may be repeated without MPTCP, and the answer still be to the first.
        synHadMptcp |= options.mptcp.has(MptcpOptions.MP_CAPABLE | MptcpOptions.MP_JOIN);
        if (isReply && synHadMptcp && !reverse.synHadMptcp) {
            throw new MonitorViolation("MPTCP in a SYN/ACK but not in the SYN: " + name);
        }
    }

    void onSegment(PacketSlot slot, int flags, int payload, TcpOptions options) {
        long ssn = WireMonitor.relative(TcpSegment.sequenceNumber(slot.buffer, slot.offset), isn, highestSsn);
        if (options.mptcp.has(MptcpOptions.DSS) || options.mptcp.has(MptcpOptions.MP_CAPABLE)) {
            declare(options.mptcp, payload > 0 ? ssn : highestSsn, payload);
        }
        if (payload > 0) {
            content(slot, ssn, payload);
        }
        if (finSent && payload > 0 && ssn + payload > highestSsn) {
            throw new MonitorViolation("payload behind the FIN: " + name);
        }
        if (payload > 0) {
            highestSsn = Math.max(highestSsn, ssn + payload);
        }
        finSent |= (flags & TcpSegment.FIN) != 0;
        if ((flags & TcpSegment.ACK) != 0 && reverse != null) {
            acknowledgment(slot, options.mptcp);
        }
    }

    private void declare(MptcpOptions options, long ssn, int payload) {
        boolean hasMapping = options.has(MptcpOptions.DSS) ? options.hasMapping
                : payload > 0 && options.mpCapableLength >= MP_CAPABLE_DATA_BYTES;
        if (!hasMapping) {
            return;
        }
        boolean isDss = options.has(MptcpOptions.DSS);
        if (!stream.knowsKey) {
            throw new MonitorViolation("mapping before the key is known: " + name);
        }
        boolean dataFin = isDss && options.dataFin;
        long offset = isDss ? offsetOf(options.dsn, options.dsn8, stream) : 0;
        if (options.dataLevelLength == 0) {
            infinite(isDss ? Seq.extend(options.ssn, ssn) : 1, offset);
            return;
        }
        int length = options.dataLevelLength - (dataFin ? 1 : 0);
        if (dataFin) {
            stream.fin(offset + length, name);
        }
        if (length > 0) {
            add(new Mapping(isDss ? Seq.extend(options.ssn, ssn) : 1, offset, length, dataFin));
        } else if (options.ssn != 0) {
            throw new MonitorViolation("DATA_FIN alone with subflow sequence number " + options.ssn + ": " + name);
        }
    }

    private static long offsetOf(long dsn, boolean wide, MonitoredStream stream) {
        long full = wide ? dsn : Seq.extend((int) dsn, stream.firstDsn + stream.highestDataAck);
        return full - stream.firstDsn;
    }

    private void infinite(long ssn, long offset) {
        if (joined) {
            throw new MonitorViolation("infinite mapping on a joined subflow: " + name);
        }
        if (infiniteSsn < 0) {
            infiniteSsn = ssn;
            infiniteOffset = offset;
        } else if (offset - ssn != infiniteOffset - infiniteSsn) {
            throw new MonitorViolation("a second, different infinite mapping: " + name);
        }
        fallback = true;
    }

    private void add(Mapping mapping) {
        Map.Entry<Long, Mapping> before = mappings.lowerEntry(mapping.end());
        if (before != null && before.getValue().end() > mapping.ssn) {
            if (!before.getValue().equals(mapping)) {
                throw new MonitorViolation("mapping changed from " + before.getValue() + " to " + mapping + ": " + name);
            }
            return;
        }
        if (fallback) {
            throw new MonitorViolation("new mapping " + mapping + " after fallback: " + name);
        }
        mappings.put(mapping.ssn, mapping);
    }

    /** Every payload byte is covered by one mapping, or comes after fallback. */
    private void content(PacketSlot slot, long ssn, int payload) {
        Map.Entry<Long, Mapping> entry = mappings.floorEntry(ssn);
        Mapping mapping = entry == null || entry.getValue().end() <= ssn ? null : entry.getValue();
        long offset;
        if (mapping != null) {
            if (ssn + payload > mapping.end()) {
                throw new MonitorViolation("payload " + ssn + ".." + (ssn + payload) + " goes beyond its mapping " + mapping + ": " + name);
            }
            offset = mapping.offset + ssn - mapping.ssn;
        } else {
            offset = unmappedOffset(ssn, payload);
        }
        stream.payload(offset, slot.buffer, (long) slot.offset + slot.length - payload, payload, name);
    }

    private long unmappedOffset(long ssn, int payload) {
        if (joined) {
            throw new MonitorViolation("payload " + ssn + ".." + (ssn + payload) + " without a mapping on a joined subflow: " + name);
        }
        fallback = true;
        // On the only subflow of a connection the two sequence spaces run side by side (RFC 8684 section 3.7).
        return infiniteSsn >= 0 ? infiniteOffset + ssn - infiniteSsn : ssn - 1;
    }

    private void acknowledgment(PacketSlot slot, MptcpOptions options) {
        long ack = WireMonitor.relative(TcpSegment.acknowledgmentNumber(slot.buffer, slot.offset), reverse.isn, highestAck);
        long sentEnd = reverse.highestSsn + (reverse.finSent ? 1 : 0);
        if (ack > sentEnd) {
            throw new MonitorViolation("acknowledgment " + ack + " of a subflow sent up to " + sentEnd + ": " + name);
        }
        if (ack < highestAck) {
            throw new MonitorViolation("acknowledgment went back from " + highestAck + " to " + ack + ": " + name);
        }
        highestAck = ack;
        boolean scaled = windowShift >= 0 && reverse.windowShift >= 0;
        long unit = 1L << (scaled ? windowShift : 0);
        long window = TcpSegment.window(slot.buffer, slot.offset) * unit;
        if (options.has(MptcpOptions.DSS) && options.hasDataAck) {
            if (fallback) {
                throw new MonitorViolation("DATA_ACK after fallback: " + name);
            }
            MonitoredStream acked = stream.reverse;
            acked.acknowledged(offsetOf(options.dataAck, options.dataAck8, acked), window, unit, name);
        } else if (!synHadMptcp || !reverse.synHadMptcp) {
            if (ack + window <= highestRightEdge - unit) {
                throw new MonitorViolation("the right edge went back from " + highestRightEdge + " to " + (ack + window) + ": " + name);
            }
            highestRightEdge = Math.max(highestRightEdge, ack + window);
        }
    }
}
