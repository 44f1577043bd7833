package io.mptcp.netty.host;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A connection being opened over the first path that works. Attempts are staggered as RFC 8305 section 5 does with addresses: the next path
 * is tried when the one before fails, or has not answered within {@link #ATTEMPT_DELAY_MILLIS}; the first to answer is kept. Which path that
 * is matters little later, as the others join it.
 */
public final class PendingConnect implements ConnectionHandler {
    /** RFC 8305 section 8 recommends 250 ms between attempts. */
    public static final long ATTEMPT_DELAY_MILLIS = 250;

    /** The engine gives up by itself, when its SYNs have not been answered. */
    public static final long NO_TIMEOUT_MILLIS = Long.MAX_VALUE;

    private final Uplinks uplinks;
    private final IpEndpoint remote;
    private final IpEndpoint wantedLocal;
    private final ConnectOptions options;
    private final byte[] early;
    private final ConnectListener listener;
    private final List<SegmentLink> untried;
    private final List<MptcpConnection> attempts = new ArrayList<>();
    private CloseReason failure = CloseReason.UNREACHABLE;
    private Future<?> staggerTimer;
    private Future<?> timeoutTimer;
    private boolean done;

    PendingConnect(Uplinks uplinks, IpEndpoint remote, IpEndpoint wantedLocal, ConnectOptions options, byte[] early,
            List<SegmentLink> candidates, ConnectListener listener) {
        this.uplinks = uplinks;
        this.remote = remote;
        this.wantedLocal = wantedLocal;
        this.options = options;
        this.early = early;
        this.listener = listener;
        this.untried = new ArrayList<>(candidates);
    }

    void start(long timeoutMillis) {
        uplinks.started(this);
        if (uplinks.isClosed()) {
            untried.clear();
            failure = CloseReason.ABORTED;
        }
        if (timeoutMillis != NO_TIMEOUT_MILLIS) {
            timeoutTimer = uplinks.loop().schedule(this::timedOut, timeoutMillis, TimeUnit.MILLISECONDS);
        }
        if (!Stack.isDestination(remote)) {
            untried.clear(); // whoever asked may only be passing on what another wants: it fails as an unreachable host does
        }
        attemptNext();
    }

    /** Gives up; the listener hears nothing more. On the loop. */
    public void cancel() {
        if (!done) {
            finish();
        }
    }

    void uplinksClosing() {
        fail(CloseReason.ABORTED);
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        if (done) {
            return; // The end of an attempt that lost the race.
        }
        if ((readiness & Readiness.CLOSED) != 0) {
            if (attempts.remove(connection)) { // or it was taken back before it was one
                attemptFailed(connection.closeReason());
            }
        } else if ((readiness & Readiness.CONNECTED) != 0) {
            succeed(connection, readiness);
        }
    }

    private void succeed(MptcpConnection connection, int readiness) {
        uplinks.answered(connection.linkId());
        attempts.remove(connection);
        for (MptcpConnection slower : attempts) {
            uplinks.unanswered(slower.linkId());
        }
        finish();
        listener.connected(connection);
        if (connection.attachment() instanceof ConnectionHandler handler && handler != this) {
            handler.ready(connection, readiness);
        }
    }

    private void attemptFailed(CloseReason reason) {
        // A refusal is an answer of the destination itself, and says more than the silence of another path.
        if (failure != CloseReason.REFUSED) {
            failure = reason;
        }
        attemptNext();
    }

    /** Opens over the next path that leads there, and sees to it that another follows in time. */
    private void attemptNext() {
        cancel(staggerTimer);
        while (!untried.isEmpty()) {
            if (attempt(untried.removeFirst())) {
                if (!untried.isEmpty()) {
                    staggerTimer = uplinks.loop().schedule(this::attemptNext, ATTEMPT_DELAY_MILLIS, TimeUnit.MILLISECONDS);
                }
                return;
            }
        }
        if (attempts.isEmpty()) {
            // Not at once: connect() must have returned before its listener is called.
            CloseReason reason = failure;
            uplinks.loop().execute(() -> fail(reason));
        }
    }

    private boolean attempt(SegmentLink link) {
        IpAddress local = uplinks.localAddress(link, remote.address());
        if (local == null || wantedLocal != null && !wantedLocal.address().isAny() && !wantedLocal.address().equals(local)) {
            return false;
        }
        try {
            MptcpConnection attempt = uplinks.openOver(link, new IpEndpoint(local, wantedLocal == null ? 0 : wantedLocal.port()), remote, options, this);
            if (early.length > 0 && attempt.write(MemorySegment.ofArray(early), 0, early.length) < early.length) { // its SYN leaves when this task is over
                attempt.abort();
                failure = CloseReason.LIMIT; // Of memory.
                return false;
            }
            attempts.add(attempt);
            return true;
        } catch (IllegalStateException e) {
            failure = CloseReason.LIMIT; // Of connections or of ports.
            return false;
        }
    }

    private void timedOut() {
        fail(failure == CloseReason.REFUSED ? failure : CloseReason.TIMED_OUT);
    }

    private void fail(CloseReason reason) {
        if (!done) {
            finish();
            listener.failed(reason);
        }
    }

    private void finish() {
        done = true;
        uplinks.finished(this);
        cancel(staggerTimer);
        cancel(timeoutTimer);
        untried.clear();
        for (MptcpConnection attempt : attempts) {
            attempt.abort();
        }
        attempts.clear();
        uplinks.driver().wake();
    }

    private static void cancel(Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
