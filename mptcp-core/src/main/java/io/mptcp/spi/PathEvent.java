package io.mptcp.spi;

import io.mptcp.wire.IpEndpoint;

/**
 * Something that happened to a connection, a subflow or a path, with the attributes of the kernel's {@code mptcp_pm} events. What an event has no use
 * for is null, 0 or -1 as said below.
 *
 * @param nowNanos    when, on the stack's clock
 * @param token       local token of the connection; 0 for events of listeners and paths, and in plain TCP
 * @param subflowId   number of the subflow within its connection, -1 when the event is not about one
 * @param linkId      link of the subflow or path ({@code if-idx}), -1 for none
 * @param locId       id of the local address ({@code loc-id}), -1 for none
 * @param remId       id of the peer's address ({@code rem-id}), -1 for none
 * @param local       {@code saddr} and {@code sport}; null for none
 * @param remote      {@code daddr} and {@code dport}, port 0 for none given; null for none
 * @param backup      the subflow is used as backup, as one side or the other asked
 * @param serverSide  this side accepted the connection ({@code flags}, bit 1)
 * @param denyJoinId0 the peer takes no joins to its initial address ({@code flags}, bit 0)
 * @param error       why a subflow closed, as Linux numbers errors; 0 when it ended well
 * @param resetReason code of the MP_TCPRST that ended the subflow, -1 without one
 * @param resetFlags  bits U, V, W, T of that option, 0 without one
 * @param detail      what more there is to say, may be empty
 */
public record PathEvent(Type type, long nowNanos, int token, int subflowId, int linkId, int locId, int remId, IpEndpoint local, IpEndpoint remote,
                        boolean backup, boolean serverSide, boolean denyJoinId0, int error, int resetReason, int resetFlags, String detail) {

    /** Kinds of events, by the names {@code ip mptcp monitor} prints; those from {@link #PATH_UP} on are ours. */
    public enum Type {
        CREATED(1), ESTABLISHED(2), CLOSED(3), ANNOUNCED(6), REMOVED(7), SF_ESTABLISHED(10), SF_CLOSED(11), SF_PRIO(13),
        LISTENER_CREATED(15), LISTENER_CLOSED(16),
        /** A link can be used, or cannot. */
        PATH_UP(0), PATH_DOWN(0),
        /** An idle subflow was asked for a sign of life several times and gave none. */
        PATH_PROBE_FAILED(0),
        /** A subflow is silent although data is outstanding, and is heard again. */
        SUBFLOW_STALE(0), SUBFLOW_RECOVERED(0),
        /** So many timeouts in a row that RFC 9293 section 3.8.3 wants the application told. */
        SUBFLOW_UNRESPONSIVE(0),
        /** The connection goes on as plain TCP; {@code detail} is the kernel's counter that says why. */
        FALLBACK(0),
        /** SYNs with MP_CAPABLE are lost on the way to this destination. */
        BLACKHOLE(0),
        /** The bytes allowed on a path in this period are used up. */
        QUOTA_REACHED(0),
        /** ICMP had something to say of a subflow's path. */
        ICMP(0), PATH_MTU(0);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        /** Number of the kernel's event, 0 for those it does not have. */
        public int code() {
            return code;
        }
    }

    /** An event of a path and no connection: {@link Type#PATH_UP}, {@link Type#PATH_DOWN}, {@link Type#QUOTA_REACHED}. */
    public static PathEvent ofPath(Type type, long nowNanos, int linkId, String detail) {
        return new PathEvent(type, nowNanos, 0, -1, linkId, -1, -1, null, null, false, false, false, 0, -1, 0, detail);
    }

    /** {@link Type#LISTENER_CREATED}, {@link Type#LISTENER_CLOSED}. */
    public static PathEvent ofListener(Type type, long nowNanos, IpEndpoint local) {
        return new PathEvent(type, nowNanos, 0, -1, -1, -1, -1, local, null, false, true, false, 0, -1, 0, "");
    }

    /** The kernel's {@code flags} attribute. */
    public int flags() {
        return (denyJoinId0 ? 1 : 0) | (serverSide ? 2 : 0);
    }
}
