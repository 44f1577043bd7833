package io.mptcp.cli.check;

/** What became of a connection that began over a path. */
enum First {
    /** Data went and was acknowledged at the data level, by DSS. */
    MPTCP(true, true),
    /** The SYN/ACK has no MP_CAPABLE. */
    NOT_IN_SYN_ACK(false, true),
    /** The SYN/ACK has a MP_CAPABLE of another version. */
    OTHER_VERSION(false, true),
    /** SYNs with MP_CAPABLE are not answered, others are. */
    SYN_DROPPED(false, true),
    /** SYNs with MP_CAPABLE are answered with resets, others are not. */
    SYN_RESET(false, true),
    /** The handshake went well, and the first acknowledgment of data came without MPTCP. */
    LOST_ON_FIRST_DATA(false, true),
    /** MPTCP worked first, then options were missing. */
    LOST_LATER(false, true),
    /** Payload was changed on the way: a DSS checksum was wrong. */
    PAYLOAD_CHANGED(false, true),
    /** The handshake went well, data with MPTCP options is never acknowledged, data without is. */
    DATA_DROPPED(false, true),
    /** Data is acknowledged by TCP, and not at the data level: it arrives without its mapping, and the server waits for that. */
    UNMAPPED(false, true),
    /** The handshake went well, then the connection was reset; plain TCP is not. */
    RESET_LATER(false, true),
    /** The handshake went well, nothing is acknowledged, by plain TCP neither. */
    NO_DATA(false, false),
    REFUSED(false, false),
    SILENT(false, false),
    UNREACHABLE(false, false),
    NO_ROUTE(false, false),
    DOWN(false, false);

    private final boolean mptcp;
    private final boolean tcp;

    First(boolean mptcp, boolean tcp) {
        this.mptcp = mptcp;
        this.tcp = tcp;
    }

    boolean isMptcp() {
        return mptcp;
    }

    /** Whether connections over the path work at all. */
    boolean isTcp() {
        return tcp;
    }

    /** As in JSON. */
    String key() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
