package io.mptcp.stack;

/** DSS checksums (RFC 8684 section 3.1, flag A): one side that wants them is enough, unless the other would rather speak TCP. */
public enum ChecksumPolicy {
    /** MP_CAPABLE with flag A is not taken: the connection is TCP. */
    NEVER,
    /** Used when the peer wants them (as Linux with {@code net.mptcp.checksum_enabled=0}). */
    IF_WANTED,
    ALWAYS
}
