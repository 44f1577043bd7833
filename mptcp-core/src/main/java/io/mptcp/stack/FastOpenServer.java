package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.PacketSlot;

/** Which SYNs may open at once (RFC 7413 section 4.2.2), and which cookie goes with a SYN/ACK. */
final class FastOpenServer {
    private final Stack stack;
    private final FastOpenCookies cookies;

    FastOpenServer(Stack stack, RandomSource random) {
        this.stack = stack;
        cookies = new FastOpenCookies(random);
    }

    FastOpenCookies cookies() {
        return cookies;
    }

    /** Whether the SYN brings a good cookie to a listener that has room for one more unproven connection. */
    boolean mayOpenAtOnce(long nowNanos, PacketSlot in, IncomingSegment syn, Listener listener) {
        int length = syn.options.fastOpenLength;
        // As Linux: a request for a cookie where none is needed is no less welcome than data.
        boolean withoutCookie = !listener.isFastOpenCookieRequired() && (syn.payloadLength > 0 || length >= 0);
        if ((length <= 0 && !withoutCookie) || listener.fastOpenQueue() == 0) {
            return false;
        }
        if (!listener.hasFastOpenRoom(nowNanos)) {
            stack.count(Counter.TCPFastOpenListenOverflow);
            return false;
        }
        boolean good = withoutCookie || isGood(nowNanos, in, syn, cookies(listener));
        stack.count(good ? Counter.TCPFastOpenPassive : Counter.TCPFastOpenPassiveFail);
        return good;
    }

    private FastOpenCookies cookies(Listener listener) {
        return listener.fastOpenCookies() != null ? listener.fastOpenCookies() : cookies;
    }

    private static boolean isGood(long nowNanos, PacketSlot in, IncomingSegment syn, FastOpenCookies cookies) {
        byte[] cookie = syn.options.fastOpenCookie;
        int length = syn.options.fastOpenLength;
        return cookies.isCurrent(nowNanos, in, cookie, length) || cookies.isPrevious(nowNanos, in, cookie, length);
    }

    /** The cookie to send with the SYN/ACK, null for none: to whoever asked for one, or brought one that is no good or soon will be. */
    byte[] cookieToSend(long nowNanos, PacketSlot in, IncomingSegment syn, Listener listener) {
        int length = syn.options.fastOpenLength;
        if (length < 0 || listener.fastOpenQueue() == 0 || !listener.isFastOpenCookieRequired()) {
            return null;
        }
        if (length > 0 && cookies(listener).isCurrent(nowNanos, in, syn.options.fastOpenCookie, length)) {
            return null;
        }
        if (length == 0) {
            stack.count(Counter.TCPFastOpenCookieReqd);
        }
        return cookies(listener).cookie(nowNanos, in);
    }
}
