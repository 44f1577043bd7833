package io.mptcp.stack;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.Tcb;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpSegment;

/**
 * TIME-WAIT (RFC 9293 section 3.6.1) of connections that are gone otherwise: the numbers needed to answer a FIN that comes again, to tell a new
 * connection from an old segment (RFC 6191), and to keep the 4-tuple from being used again too soon. All wait equally long, so they end in the
 * order in which they came, and one deadline does for all. Resets do not end the wait (RFC 1337 section 3).
 */
final class TimeWaitTable extends DeadlineQueue.Node {
    /** Acknowledgments of anything but a FIN are at least so far apart (Linux: tcp_invalid_ratelimit). */
    private static final long CHALLENGE_INTERVAL_NANOS = 500_000_000L;
    /** RFC 6191 section 2: a tick of the peer's timestamp clock must have passed, which may take up to a second. */
    private static final long REUSE_AFTER_NANOS = 1_000_000_000L;

    /** One 4-tuple in TIME-WAIT. */
    static final class Entry implements FlowTable.Entry {
        private final FlowKey key;
        private final int sndNxt;
        private final int rcvNxt;
        private final int window;
        private final boolean timestampsOn;
        private final int tsOffset;
        private final int tsRecent;
        private long enteredNanos;
        private long lastChallengeNanos = Long.MIN_VALUE;
        private Entry previous;
        private Entry next;

        private Entry(FlowKey key, Tcb tcb, int window) {
            this.key = key;
            this.window = window;
            sndNxt = tcb.wireSndNxt();
            rcvNxt = tcb.wireRcvNxt();
            timestampsOn = tcb.isTimestampsOn();
            tsOffset = tcb.tsOffset();
            tsRecent = tcb.tsRecent();
        }

        int sndNxt() {
            return sndNxt;
        }

        /**
         * Whether a SYN may take over the 4-tuple (RFC 9293 section 3.10.7.4, RFC 6191): it must be newer than anything of the old connection
         * that may still be in the network.
         */
        boolean mayBeReplacedBy(IncomingSegment syn) {
            if (!syn.has(TcpSegment.SYN) || syn.has(TcpSegment.ACK | TcpSegment.RST | TcpSegment.FIN)) {
                return false;
            }
            int ticksAfter = timestampsOn && syn.options.hasTimestamps ? syn.options.tsVal - tsRecent : 0;
            return ticksAfter > 0 || (ticksAfter == 0 && Seq.after(syn.sequenceNumber, rcvNxt));
        }

        /** Whether this side may open the 4-tuple anew: its timestamps then tell the peer which segments are of the new connection. */
        boolean mayBeReused(long nowNanos) {
            return timestampsOn && nowNanos - enteredNanos >= REUSE_AFTER_NANOS;
        }

        @Override
        public long localHi() {
            return key.localHi();
        }

        @Override
        public long localLo() {
            return key.localLo();
        }

        @Override
        public int localPort() {
            return key.localPort();
        }

        @Override
        public long remoteHi() {
            return key.remoteHi();
        }

        @Override
        public long remoteLo() {
            return key.remoteLo();
        }

        @Override
        public int remotePort() {
            return key.remotePort();
        }
    }

    private final Stack stack;
    private final ReplyQueue replies;
    private final FlowTable<Entry> entries;
    private final int maxEntries;
    private final long waitNanos;
    private Entry oldest;
    private Entry newest;

    TimeWaitTable(Stack stack, ReplyQueue replies, long seed) {
        this.stack = stack;
        this.replies = replies;
        entries = new FlowTable<>(seed);
        maxEntries = stack.config().limits().maxTimeWait();
        waitNanos = stack.config().tcp().timeWaitMillis() * 1_000_000L;
    }

    int size() {
        return entries.size();
    }

    boolean hasLocalPort(int port) {
        return entries.hasLocalPort(port);
    }

    Entry get(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        return entries.get(localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
    }

    /** Takes over from a subflow, the rest of which may go. When the table is full, the one that has waited longest makes room. */
    void add(FlowKey key, Tcb tcb, int window) {
        if (maxEntries == 0) {
            stack.count(Counter.TCPTimeWaitOverflow);
            return;
        }
        if (entries.size() >= maxEntries) {
            stack.count(Counter.TCPTimeWaitOverflow);
            remove(oldest);
        }
        Entry entry = new Entry(key, tcb, window);
        entries.put(entry);
        append(entry);
        stack.count(Counter.TW);
    }

    void remove(Entry entry) {
        entries.remove(entry);
        unlink(entry);
    }

    void expire(long nowNanos) {
        while (oldest != null && nowNanos - oldest.enteredNanos >= waitNanos) {
            remove(oldest);
        }
        reschedule();
    }

    /** A segment of a 4-tuple in TIME-WAIT that does not open it anew (RFC 9293 section 3.10.7.4). */
    void receive(long nowNanos, PacketSlot in, IncomingSegment segment, Entry entry) {
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        int end = segment.sequenceNumber + segment.sequenceLength();
        boolean old = entry.timestampsOn && segment.options.hasTimestamps && segment.options.tsVal - entry.tsRecent < 0;
        boolean finAgain = segment.has(TcpSegment.FIN) && segment.has(TcpSegment.ACK) && !old && end == entry.rcvNxt;
        if (finAgain) {
            unlink(entry); // our last ACK was lost: the wait begins anew
            append(entry);
            acknowledge(nowNanos, in, entry);
            return;
        }
        // After the FIN no more is acceptable; at the expected number an ACK says nothing new, and what lacks one is dropped.
        boolean expected = segment.sequenceNumber == entry.rcvNxt && !old && !segment.has(TcpSegment.SYN);
        boolean quiet = expected && (segment.sequenceLength() == 0 || !segment.has(TcpSegment.ACK));
        if (!quiet && (entry.lastChallengeNanos == Long.MIN_VALUE || nowNanos - entry.lastChallengeNanos >= CHALLENGE_INTERVAL_NANOS)) {
            entry.lastChallengeNanos = nowNanos;
            acknowledge(nowNanos, in, entry);
        }
    }

    private void acknowledge(long nowNanos, PacketSlot in, Entry entry) {
        OptionWriter options = replies.begin(in, SocketOptions.DEFAULT);
        if (options == null) {
            return;
        }
        if (entry.timestampsOn) {
            options.timestamps(Tcb.tsNow(nowNanos, entry.tsOffset), entry.tsRecent);
        }
        replies.finish(entry.sndNxt, entry.rcvNxt, TcpSegment.ACK, entry.window);
    }

    private void append(Entry entry) {
        entry.enteredNanos = stack.nowNanos();
        entry.previous = newest;
        entry.next = null;
        if (newest == null) {
            oldest = entry;
        } else {
            newest.next = entry;
        }
        newest = entry;
        reschedule();
    }

    private void unlink(Entry entry) {
        if (entry.previous == null) {
            oldest = entry.next;
        } else {
            entry.previous.next = entry.next;
        }
        if (entry.next == null) {
            newest = entry.previous;
        } else {
            entry.next.previous = entry.previous;
        }
        reschedule();
    }

    private void reschedule() {
        stack.schedule(this, oldest == null ? Long.MAX_VALUE : oldest.enteredNanos + waitNanos);
    }
}
