package io.mptcp.cli.check;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.TcpInfo;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Tries one path: opens an MPTCP connection over it, sends something, has the other paths join, sends something over all of them, and ends the
 * connection. Where MPTCP does not come through plain TCP is tried, too, to tell a path that changes MPTCP from one that does not work.
 *
 * <p>It does no I/O and knows no clock: {@link #step} is called again and again with the time.
 */
final class PathProbe {
    /** How long an ordinary end of the connection may take before it is reset. */
    private static final long CLOSE_NANOS = 1_000_000_000L;
    /** Of the time to wait for an answer: when plain TCP is tried beside an MPTCP SYN that is not answered. */
    private static final int PLAIN_AFTER_FRACTION = 4;

    private enum Phase {
        CONNECT, FIRST_DATA, JOIN, SECOND_DATA, PLAIN, CLOSE, DONE
    }

    private final ProbeContext context;
    private final CheckedPath path;
    private final List<JoinProbe> joins = new ArrayList<>();
    private Phase phase = Phase.CONNECT;
    private long startNanos;
    private long deadlineNanos;
    private ProbeStream stream;
    private JoinManager manager;
    private ProbeStream plain;
    private First first;
    private String fallbackReason;
    private long answeredBytes;
    private long rttNanos = -1;
    private int pmtuBytes;

    PathProbe(ProbeContext context, CheckedPath path) {
        this.context = context;
        this.path = path;
    }

    void start(long nowNanos) {
        startNanos = nowNanos;
        if (!path.isUsable()) {
            first = path.up() ? First.NO_ROUTE : First.DOWN;
            phase = Phase.DONE;
            return;
        }
        ProbeContext.Opened opened = context.open(path, true);
        stream = new ProbeStream(opened.connection());
        manager = opened.manager();
        enter(Phase.CONNECT, nowNanos);
    }

    private void enter(Phase next, long nowNanos) {
        phase = next;
        deadlineNanos = nowNanos + (next == Phase.CLOSE ? CLOSE_NANOS : context.settings().timeoutNanos());
    }

    private boolean isLate(long nowNanos) {
        return nowNanos - deadlineNanos >= 0;
    }

    /** @return whether everything is known */
    boolean step(long nowNanos) {
        if (phase == Phase.DONE) {
            return true;
        }
        stream.move();
        if (plain != null) {
            plain.move();
        }
        switch (phase) {
            case CONNECT -> connecting(nowNanos);
            case FIRST_DATA -> sendingFirst(nowNanos);
            case JOIN -> joining(nowNanos);
            case SECOND_DATA -> sendingSecond(nowNanos);
            case PLAIN -> tryingPlain(nowNanos);
            case CLOSE -> closing(nowNanos);
            case DONE -> {
                // nothing is left
            }
        }
        return phase == Phase.DONE;
    }

    // ---- the phases ----

    private void connecting(long nowNanos) {
        MptcpConnection connection = stream.connection();
        if (connection.isClosed()) {
            first = switch (connection.closeReason()) {
                case REFUSED, RESET -> First.REFUSED;
                case TIMED_OUT -> First.SILENT;
                default -> First.UNREACHABLE;
            };
            tryPlain(nowNanos);
        } else if (connection.isConnected()) {
            abort(plain);
            plain = null;
            stream.write(context.settings().firstData());
            enter(Phase.FIRST_DATA, nowNanos);
        } else if (isLate(nowNanos)) {
            first = First.SILENT;
            tryPlain(nowNanos);
        } else if (plain == null && nowNanos - startNanos >= context.settings().timeoutNanos() / PLAIN_AFTER_FRACTION) {
            openPlain();
        }
    }

    private void sendingFirst(long nowNanos) {
        MptcpConnection connection = stream.connection();
        boolean answered = !context.settings().http() || connection.bytesReceived() > 0 || connection.isInputEnded();
        if (connection.isClosed() && !stream.isAcknowledged()) {
            first = First.RESET_LATER;
            tryPlain(nowNanos);
        } else if (stream.isAcknowledged() && (answered || isLate(nowNanos) || connection.isFallback())) {
            answeredBytes = connection.bytesReceived();
            if (connection.isFallback()) {
                judgeFallback();
                finish(nowNanos);
            } else {
                first = First.MPTCP;
                openJoins();
                enter(Phase.JOIN, nowNanos);
            }
        } else if (isLate(nowNanos)) {
            first = undelivered();
            tryPlain(nowNanos);
        }
    }

    private void joining(long nowNanos) {
        boolean settled = joins.stream().allMatch(JoinProbe::isSettled);
        if (settled || isLate(nowNanos) || stream.connection().isClosed()) {
            joins.forEach(JoinProbe::stopWaiting);
            if (!stream.connection().isClosed()) {
                stream.write(context.settings().secondData());
            }
            enter(Phase.SECOND_DATA, nowNanos);
        }
    }

    private void sendingSecond(long nowNanos) {
        MptcpConnection connection = stream.connection();
        boolean carried = stream.isAcknowledged() && joins.stream().allMatch(JoinProbe::isCarried)
                && connection.subflows().stream().allMatch(PathProbe::isIdle);
        boolean answered = !context.settings().http() || connection.bytesReceived() > answeredBytes || connection.isInputEnded();
        if (carried && answered || connection.isClosed() || isLate(nowNanos)) {
            if (connection.isFallback()) {
                judgeFallback();
            } else if (!stream.isAcknowledged()) {
                first = connection.isClosed() ? First.RESET_LATER : undelivered();
            }
            finish(nowNanos);
        }
    }

    private void tryingPlain(long nowNanos) {
        boolean works = plain.isAcknowledged();
        if (works || plain.connection().isClosed() || isLate(nowNanos)) {
            first = afterPlain(works);
            finish(nowNanos);
        }
    }

    private void closing(long nowNanos) {
        if (stream.connection().isClosed() || isLate(nowNanos)) {
            abort(stream);
            abort(plain);
            phase = Phase.DONE;
        }
    }

    // ---- what it means ----

    private void judgeFallback() {
        fallbackReason = stream.connection().fallbackReason();
        FlowRecord flow = firstFlow();
        SynAck synAck = flow.synAck();
        first = switch (fallbackReason == null ? "" : fallbackReason) {
            case "MPCapableFallbackSYNACK" -> synAck != null && synAck.mpCapable() ? First.OTHER_VERSION : First.NOT_IN_SYN_ACK;
            case "MPCapableSYNTXDrop" -> First.SYN_DROPPED;
            case "MPCapableDataFallback" -> First.LOST_ON_FIRST_DATA;
            case "DSSCorruptionFallback", "MPFailRx" -> First.PAYLOAD_CHANGED;
            case "InfiniteMapRx" -> flow.isMpFailReceived() ? First.PAYLOAD_CHANGED : First.LOST_LATER;
            default -> First.LOST_LATER;
        };
    }

    /** Data went out and there is no DATA_ACK. */
    private First undelivered() {
        SubflowInfo initial = initial();
        return initial != null && initial.bytesAcked() >= stream.writtenBytes() ? First.UNMAPPED : First.DATA_DROPPED;
    }

    private static boolean isIdle(SubflowInfo subflow) {
        return subflow.inFlightBytes() == 0 || subflow.state().equals("CLOSED");
    }

    private SubflowInfo initial() {
        return stream.connection().subflows().stream().filter(SubflowInfo::initial).findFirst().orElse(null);
    }

    private First afterPlain(boolean works) {
        CloseReason reason = plain.connection().closeReason();
        return switch (first) {
            case REFUSED -> works ? First.SYN_RESET : First.REFUSED;
            case SILENT -> works ? First.SYN_DROPPED : reason == CloseReason.REFUSED ? First.REFUSED : First.SILENT;
            case DATA_DROPPED, UNMAPPED, RESET_LATER -> works ? first : First.NO_DATA;
            default -> first;
        };
    }

    // ---- connections ----

    private void tryPlain(long nowNanos) {
        if (plain == null) {
            openPlain();
        }
        enter(Phase.PLAIN, nowNanos);
    }

    private void openPlain() {
        plain = new ProbeStream(context.open(path, false).connection());
        plain.write(context.settings().firstData());
    }

    private void openJoins() {
        for (CheckedPath other : context.paths()) {
            boolean sameFamily = other.isUsable() && other.local().isIpv4() == path.local().isIpv4();
            if (other != path && sameFamily) {
                joins.add(new JoinProbe(context, stream.connection(), manager, other, path));
            }
        }
    }

    /** Takes down what is known before the connection ends, and ends it. */
    private void finish(long nowNanos) {
        joins.forEach(JoinProbe::settle);
        SubflowInfo initial = initial();
        if (initial != null) {
            rttNanos = rttNanos(nowNanos);
            pmtuBytes = JoinProbe.foundPmtuBytes(initial, firstFlow());
        }
        if (stream.connection().isConnected() && !stream.connection().isClosed()) {
            stream.connection().shutdownOutput();
        } else {
            abort(stream);
        }
        abort(plain);
        enter(Phase.CLOSE, nowNanos);
    }

    /** The least that was measured: the first SYN may have waited for the address of the next hop. -1 when nothing was. */
    private long rttNanos(long nowNanos) {
        TcpInfo info = stream.connection().tcpInfo(nowNanos);
        long handshake = firstFlow().handshakeRttNanos();
        long least = info == null ? 0 : info.minRttNanos();
        boolean measured = least > 0 && least < Long.MAX_VALUE;
        return !measured ? handshake : handshake < 0 ? least : Math.min(least, handshake);
    }

    private static void abort(ProbeStream stream) {
        if (stream != null) {
            stream.connection().abort();
        }
    }

    /** Gives up. */
    void cancel() {
        abort(stream);
        abort(plain);
        phase = Phase.DONE;
    }

    private FlowRecord firstFlow() {
        return stream == null ? new FlowRecord() : context.flow(path.linkId(), stream.connection().local());
    }

    /** What was found; after {@link #step} has said that everything is known. */
    PathResult result() {
        List<String> announced = manager == null ? List.of() : manager.announced().stream().map(this::announcedText).toList();
        return new PathResult(path, first, fallbackReason, firstFlow(), rttNanos, pmtuBytes,
                !context.settings().http() || answeredBytes > 0, announced,
                joins.stream().map(JoinProbe::result).toList());
    }

    private String announcedText(IpEndpoint address) {
        return address.port() == context.settings().remote().port() ? address.address().toString() : address.toString();
    }
}
