package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * ADD_ADDRs of this side (RFC 8684 section 3.4.1): each goes on a pure acknowledgment of any subflow, and again until the peer has echoed it,
 * within reason.
 */
final class AddressAnnouncements {
    /** As Linux: once, and three times more. */
    private static final int MAX_TRANSMISSIONS = 4;
    /** An echo is no acknowledgment that leaves at once: in Linux it waits for the work queue of its connection. */
    private static final long ECHO_NANOS = 10_000_000L;
    static final int MAX_PENDING = 8;
    private static final int ADD_ADDR_IPV4_BYTES = 16;
    private static final int ADD_ADDR_IPV6_BYTES = 28;

    private static final class Announcement {
        final int id;
        final IpEndpoint endpoint;
        final long retryNanos;
        boolean due = true;
        int transmissions;
        long deadlineNanos = Long.MAX_VALUE;

        Announcement(int id, IpEndpoint endpoint, long retryNanos) {
            this.id = id;
            this.endpoint = endpoint;
            this.retryNanos = retryNanos;
        }

        boolean isEchoedBy(MptcpOptions mptcp) {
            return id == mptcp.addAddrId && endpoint.address().hi() == mptcp.addAddrHi && endpoint.address().lo() == mptcp.addAddrLo
                    && endpoint.port() == mptcp.addAddrPort;
        }

        int optionBytes() {
            return (endpoint.address().isIpv4() ? ADD_ADDR_IPV4_BYTES : ADD_ADDR_IPV6_BYTES) + (endpoint.port() == 0 ? 0 : 4); // padded
        }
    }

    /** Of a connection that has announced nothing. */
    static final AddressAnnouncements NONE = new AddressAnnouncements(null);

    private final Connection connection;
    /** Not echoed yet, in the order they were asked for. */
    private List<Announcement> pending = List.of();
    /** Linux keeps one announcement until it has echoed it: a new one waits that long, or for an RTO. */
    private Announcement unanswered;
    private int echoed;
    private long unansweredUntilNanos = Long.MAX_VALUE;

    AddressAnnouncements(Connection connection) {
        this.connection = connection;
    }

    /** @return false when too many are pending */
    boolean announce(int id, IpEndpoint endpoint, long retryNanos) {
        if (pending.size() >= MAX_PENDING) {
            return false;
        }
        pending = pending.isEmpty() ? new ArrayList<>(1) : pending;
        pending.add(new Announcement(id, endpoint, retryNanos));
        return true;
    }

    /** Announcements that were echoed or wait for it. */
    int accepted() {
        return echoed + pending.size();
    }

    void cancel(IpAddress address) {
        if (!pending.isEmpty()) {
            pending.removeIf(sent -> sent.endpoint.address().equals(address));
            noteAnswer();
        }
    }

    private void noteAnswer() {
        if (unanswered != null && !pending.contains(unanswered)) {
            unanswered = null;
            unansweredUntilNanos = Long.MAX_VALUE;
        }
    }

    /** An echo with another id, address or port is none of what was announced. */
    void onEcho(MptcpOptions mptcp) {
        boolean known = !pending.isEmpty() && pending.removeIf(sent -> sent.isEchoedBy(mptcp));
        echoed += known ? 1 : 0;
        noteAnswer();
    }

    /** Whether this echoes what was announced and not echoed yet. */
    boolean isPending(MptcpOptions echo) {
        return pending.stream().anyMatch(sent -> sent.isEchoedBy(echo));
    }

    /** An acknowledgment that is due in any case belongs to the data: there may be no room for a DATA_ACK beside an address. */
    private Announcement next(Subflow subflow) {
        if (pending.isEmpty() || unanswered != null || subflow.tcb.isAckDue()) {
            return null;
        }
        for (int i = 0; i < pending.size(); i++) {
            if (pending.get(i).due && connection.signals().isSuitable(subflow, pending.get(i).id)) {
                return pending.get(i);
            }
        }
        return null;
    }

    /** Option bytes of what is due on the next pure acknowledgment of this subflow, 0 when nothing is. */
    int pendingBytes(Subflow subflow) {
        Announcement next = next(subflow);
        return next == null ? 0 : next.optionBytes();
    }

    /** @return whether there was something to write and room for it */
    boolean writePending(Subflow subflow, OptionWriter writer) {
        Announcement next = next(subflow);
        if (next == null) {
            return false;
        }
        next.due = false;
        next.transmissions++;
        boolean retries = next.retryNanos < Long.MAX_VALUE && next.transmissions < MAX_TRANSMISSIONS;
        long waitNanos = Math.min(next.retryNanos, longestRtoNanos() + ECHO_NANOS) << next.transmissions - 1;
        next.deadlineNanos = retries ? connection.stack.nowNanos() + waitNanos : Long.MAX_VALUE;
        unanswered = next;
        unansweredUntilNanos = connection.stack.nowNanos() + subflow.tcb.rtt().rtoNanos() + ECHO_NANOS;
        DataSequence sequence = connection.data().sequence;
        IpAddress address = next.endpoint.address();
        int port = next.endpoint.port();
        long hmac = connection.stack.keys().addAddrHmac(sequence.localKey(), sequence.remoteKey(), next.id, address.hi(), address.lo(), port);
        if (!writer.addAddr(next.id, address.hi(), address.lo(), port, hmac)) {
            connection.stack.count(Counter.AddAddrTxDrop); // an IPv6 address with a port does not fit beside timestamps
            pending.remove(next);
            noteAnswer();
            return false;
        }
        connection.stack.count(Counter.AddAddrTx);
        return true;
    }

    /** As Linux: the echo may take as long as the slowest subflow. */
    private long longestRtoNanos() {
        long longest = 0;
        for (int i = 0; i < connection.subflows().size(); i++) {
            Subflow subflow = connection.subflows().get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                longest = Math.max(longest, subflow.tcb.rtt().rtoNanos());
            }
        }
        return longest == 0 ? Long.MAX_VALUE >> MAX_TRANSMISSIONS : longest;
    }

    long deadlineNanos() {
        if (pending.isEmpty() || !connection.isMptcp() || connection.closeReason() != CloseReason.NONE) {
            return Long.MAX_VALUE;
        }
        long deadline = unansweredUntilNanos;
        for (int i = 0; i < pending.size(); i++) {
            deadline = Math.min(deadline, pending.get(i).deadlineNanos);
        }
        return deadline;
    }

    void expire(long nowNanos) {
        if (unansweredUntilNanos <= nowNanos) {
            unanswered = null;
            unansweredUntilNanos = Long.MAX_VALUE;
            connection.stack.enqueue(connection);
        }
        for (int i = 0; i < pending.size(); i++) {
            Announcement announcement = pending.get(i);
            if (announcement.deadlineNanos <= nowNanos) {
                announcement.deadlineNanos = Long.MAX_VALUE;
                announcement.due = true;
                connection.stack.enqueue(connection);
            }
        }
    }
}
