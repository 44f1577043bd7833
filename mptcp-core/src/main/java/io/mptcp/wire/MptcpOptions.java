package io.mptcp.wire;

/**
 * The MPTCP options (kind 30, RFC 8684 section 3) of one segment as plain fields; only fields whose bit is in
 * {@link #present} have a meaning. Of two options with one subtype the last wins, as on Linux.
 */
public final class MptcpOptions {
    public static final int KIND = 30;

    public static final int SUBTYPE_MP_CAPABLE = 0;
    public static final int SUBTYPE_MP_JOIN = 1;
    public static final int SUBTYPE_DSS = 2;
    public static final int SUBTYPE_ADD_ADDR = 3;
    public static final int SUBTYPE_REMOVE_ADDR = 4;
    public static final int SUBTYPE_MP_PRIO = 5;
    public static final int SUBTYPE_MP_FAIL = 6;
    public static final int SUBTYPE_MP_FASTCLOSE = 7;
    public static final int SUBTYPE_MP_TCPRST = 8;

    public static final int MP_CAPABLE = 1 << SUBTYPE_MP_CAPABLE;
    public static final int MP_JOIN = 1 << SUBTYPE_MP_JOIN;
    public static final int DSS = 1 << SUBTYPE_DSS;
    public static final int ADD_ADDR = 1 << SUBTYPE_ADD_ADDR;
    public static final int REMOVE_ADDR = 1 << SUBTYPE_REMOVE_ADDR;
    public static final int MP_PRIO = 1 << SUBTYPE_MP_PRIO;
    public static final int MP_FAIL = 1 << SUBTYPE_MP_FAIL;
    public static final int MP_FASTCLOSE = 1 << SUBTYPE_MP_FASTCLOSE;
    public static final int MP_TCPRST = 1 << SUBTYPE_MP_TCPRST;

    /** MP_CAPABLE flag bits (section 3.1). */
    public static final int FLAG_CHECKSUM = 0x80;
    public static final int FLAG_EXTENSIBILITY = 0x40;
    public static final int FLAG_DENY_JOIN_ID0 = 0x20;
    public static final int FLAG_HMAC_SHA256 = 0x01;

    /** Bit set of the constants above: well-formed options found on a segment where they are allowed. */
    public int present;

    /** MP_CAPABLE: version nibble, flag octet, and how much of the option there was (4, 12, 20, 22 or 24 bytes). */
    public int mpCapableLength;
    public int version;
    public int mpCapableFlags;
    public long senderKey;
    public long receiverKey;

    /** MP_JOIN: 12 (SYN), 16 (SYN/ACK) or 24 (ACK) bytes. */
    public int mpJoinLength;
    public boolean joinBackup;
    public int joinAddressId;
    public int joinToken;
    public int joinNonce;
    /** SYN/ACK: the truncated HMAC. ACK: the first 8 of its 20 bytes. */
    public long joinHmac0;
    public long joinHmac1;
    public int joinHmac2;

    /** DSS (section 3.3). */
    public boolean hasDataAck;
    public boolean dataAck8;
    /** 64-bit, or 32-bit zero-extended when not {@link #dataAck8}. */
    public long dataAck;
    public boolean hasMapping;
    public boolean dsn8;
    public long dsn;
    public int ssn;
    public boolean dataFin;

    /** Mapping of DSS or of MP_CAPABLE with data: data-level length 0..65535, and the checksum if the option had one. */
    public int dataLevelLength;
    public boolean hasChecksum;
    public int checksum;

    /** ADD_ADDR (section 3.4.1); port 0 when absent; {@link #addAddrHmac} only when not echo. */
    public boolean addAddrEcho;
    public int addAddrId;
    public long addAddrHi;
    public long addAddrLo;
    public int addAddrPort;
    public long addAddrHmac;

    /** REMOVE_ADDR: up to 8 ids. */
    public int removeAddrCount;
    public final int[] removeAddrIds = new int[8];

    public boolean prioBackup;
    /** MP_FAIL: 64-bit DSN. */
    public long failDsn;
    /** MP_FASTCLOSE: the key of the segment's receiver. */
    public long fastcloseKey;
    public int resetReason;
    public boolean resetTransient;

    public boolean has(int bits) {
        return (present & bits) != 0;
    }

    public void clear() {
        present = 0;
    }
}
