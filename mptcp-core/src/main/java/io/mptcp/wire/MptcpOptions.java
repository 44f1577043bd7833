package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

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

    /** Low nibble of the third octet. */
    static final int FLAG_BACKUP = 0x01;
    static final int FLAG_ECHO = 0x01;
    static final int FLAG_TRANSIENT = 0x01;

    /** DSS flags (section 3.3): F, m, M, a, A. */
    static final int DSS_DATA_FIN = 0x10;
    static final int DSS_DSN_8 = 0x08;
    static final int DSS_MAPPING = 0x04;
    static final int DSS_DATA_ACK_8 = 0x02;
    static final int DSS_DATA_ACK = 0x01;

    /** Lengths in bytes, kind and length octets included; where an option has a variable part, of the part before it. */
    static final int LENGTH_SHORTEST = 3;
    static final int LENGTH_MP_CAPABLE_SYN = 4;
    static final int LENGTH_MP_CAPABLE_SYN_ACK = 12;
    static final int LENGTH_MP_CAPABLE_ACK = 20;
    static final int LENGTH_MP_CAPABLE_DATA = 22;
    static final int LENGTH_MP_JOIN_SYN = 12;
    static final int LENGTH_MP_JOIN_SYN_ACK = 16;
    static final int LENGTH_MP_JOIN_ACK = 24;
    static final int LENGTH_DSS = 4;
    static final int LENGTH_CHECKSUM = 2;
    static final int LENGTH_ADD_ADDR = 4;
    static final int LENGTH_ADD_ADDR_HMAC = 8;
    public static final int LENGTH_REMOVE_ADDR = 3;
    static final int LENGTH_MP_PRIO = 3;
    static final int LENGTH_MP_FAIL = 12;
    static final int LENGTH_MP_FASTCLOSE = 12;
    static final int LENGTH_MP_TCPRST = 4;
    public static final int MAX_REMOVE_ADDR_IDS = 8;

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

    /**
     * Mapping of DSS or of MP_CAPABLE with data: data-level length 0..65535, and the checksum if the option had one.
     * On a segment with both, MP_CAPABLE's mapping stands and {@link #hasMapping} is false.
     */
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

    /** REMOVE_ADDR: up to 8 ids, as many as Linux takes. */
    public int removeAddrCount;
    public final int[] removeAddrIds = new int[MAX_REMOVE_ADDR_IDS];

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

    /** Whether MP_CAPABLE is there in the form that carries data, and with it {@link #dataLevelLength}. */
    public boolean hasMpCapableMapping() {
        return has(MP_CAPABLE) && mpCapableLength >= LENGTH_MP_CAPABLE_DATA;
    }

    public void clear() {
        present = 0;
        mpCapableLength = 0;
        mpJoinLength = 0;
        hasDataAck = false;
        hasMapping = false;
        dataFin = false;
        hasChecksum = false;
        removeAddrCount = 0;
    }

    /**
     * Takes in one option of kind 30, {@code length} bytes at {@code at} (2 or more, all inside the header). One that has a wrong length
     * for its form, an unknown subtype, or does not belong on a segment with these flags is as good as absent.
     */
    void parseOption(MemorySegment buffer, long at, int length, int tcpFlags, int payloadLength) {
        if (length < LENGTH_SHORTEST) {
            return;
        }
        int octet = Bytes.get8(buffer, at + 2);
        int subtype = octet >> 4;
        if ((Coexistence.allowedOn(tcpFlags) & 1 << subtype) == 0) {
            return;
        }
        boolean wellFormed = switch (subtype) {
            case SUBTYPE_MP_CAPABLE -> parseMpCapable(buffer, at, length, tcpFlags, payloadLength);
            case SUBTYPE_MP_JOIN -> parseMpJoin(buffer, at, length, tcpFlags);
            case SUBTYPE_DSS -> parseDss(buffer, at, length);
            case SUBTYPE_ADD_ADDR -> parseAddAddr(buffer, at, length);
            case SUBTYPE_REMOVE_ADDR -> parseRemoveAddr(buffer, at, length);
            case SUBTYPE_MP_PRIO -> parseMpPrio(octet, length);
            case SUBTYPE_MP_FAIL -> parseMpFail(buffer, at, length);
            case SUBTYPE_MP_FASTCLOSE -> parseMpFastclose(buffer, at, length);
            case SUBTYPE_MP_TCPRST -> parseMpTcpRst(buffer, at, length);
            default -> false;
        };
        if (wellFormed) {
            present |= 1 << subtype;
        }
    }

    /** RFC 8684 section 3.1: the form follows from SYN, ACK and whether there is payload, and each form has its length. */
    private boolean parseMpCapable(MemorySegment buffer, long at, int length, int tcpFlags, int payloadLength) {
        if (!mpCapableLengthFits(length, tcpFlags, payloadLength)) {
            return false;
        }
        mpCapableLength = length;
        version = Bytes.get8(buffer, at + 2) & 0x0f;
        mpCapableFlags = Bytes.get8(buffer, at + 3);
        if (length >= LENGTH_MP_CAPABLE_SYN_ACK) {
            senderKey = Bytes.get64(buffer, at + 4);
        }
        if (length >= LENGTH_MP_CAPABLE_ACK) {
            receiverKey = Bytes.get64(buffer, at + 12);
        }
        if (length >= LENGTH_MP_CAPABLE_DATA) {
            dataLevelLength = Bytes.get16(buffer, at + 20);
            hasChecksum = length == LENGTH_MP_CAPABLE_DATA + LENGTH_CHECKSUM;
            checksum = hasChecksum ? Bytes.get16(buffer, at + 22) : 0;
            hasMapping = false;
            dataFin = false;
        }
        return true;
    }

    private static boolean mpCapableLengthFits(int length, int tcpFlags, int payloadLength) {
        return switch (tcpFlags & (TcpSegment.SYN | TcpSegment.ACK)) {
            case TcpSegment.SYN -> length == LENGTH_MP_CAPABLE_SYN;
            case TcpSegment.SYN | TcpSegment.ACK -> length == LENGTH_MP_CAPABLE_SYN_ACK;
            default -> payloadLength == 0
                    ? length == LENGTH_MP_CAPABLE_ACK
                    : length == LENGTH_MP_CAPABLE_DATA || length == LENGTH_MP_CAPABLE_DATA + LENGTH_CHECKSUM;
        };
    }

    /** RFC 8684 section 3.2. */
    private boolean parseMpJoin(MemorySegment buffer, long at, int length, int tcpFlags) {
        int expected = switch (tcpFlags & (TcpSegment.SYN | TcpSegment.ACK)) {
            case TcpSegment.SYN -> LENGTH_MP_JOIN_SYN;
            case TcpSegment.SYN | TcpSegment.ACK -> LENGTH_MP_JOIN_SYN_ACK;
            default -> LENGTH_MP_JOIN_ACK;
        };
        if (length != expected) {
            return false;
        }
        mpJoinLength = length;
        if (length == LENGTH_MP_JOIN_ACK) {
            joinHmac0 = Bytes.get64(buffer, at + 4);
            joinHmac1 = Bytes.get64(buffer, at + 12);
            joinHmac2 = Bytes.get32(buffer, at + 20);
            return true;
        }
        joinBackup = (Bytes.get8(buffer, at + 2) & FLAG_BACKUP) != 0;
        joinAddressId = Bytes.get8(buffer, at + 3);
        if (length == LENGTH_MP_JOIN_SYN) {
            joinToken = Bytes.get32(buffer, at + 4);
            joinNonce = Bytes.get32(buffer, at + 8);
        } else {
            joinHmac0 = Bytes.get64(buffer, at + 4);
            joinNonce = Bytes.get32(buffer, at + 12);
        }
        return true;
    }

    /** RFC 8684 section 3.3: the flags give the length, but for the checksum, which only the length tells of. */
    private boolean parseDss(MemorySegment buffer, long at, int length) {
        if (length < LENGTH_DSS) {
            return false;
        }
        int flags = Bytes.get8(buffer, at + 3);
        boolean ackPresent = (flags & DSS_DATA_ACK) != 0;
        boolean ack8 = ackPresent && (flags & DSS_DATA_ACK_8) != 0;
        boolean mappingPresent = (flags & DSS_MAPPING) != 0;
        boolean seq8 = mappingPresent && (flags & DSS_DSN_8) != 0;
        int expected = LENGTH_DSS + dssAckLength(ackPresent, ack8) + dssMappingLength(mappingPresent, seq8);
        if (length != expected && !(mappingPresent && length == expected + LENGTH_CHECKSUM)) {
            return false;
        }
        hasDataAck = ackPresent;
        dataAck8 = ack8;
        long field = at + LENGTH_DSS;
        if (ackPresent) {
            dataAck = sequence(buffer, field, ack8);
            field += ack8 ? 8 : 4;
        }
        // MP_CAPABLE with data is a mapping too; a segment has only one, and the handshake's is the one both sides know already.
        hasMapping = mappingPresent && !hasMpCapableMapping();
        // A DATA_FIN without a mapping says nothing about where the data ends (section 3.3.3).
        dataFin = hasMapping && (flags & DSS_DATA_FIN) != 0;
        if (hasMapping) {
            dsn8 = seq8;
            dsn = sequence(buffer, field, seq8);
            field += seq8 ? 8 : 4;
            ssn = Bytes.get32(buffer, field);
            dataLevelLength = Bytes.get16(buffer, field + 4);
            hasChecksum = length != expected;
            checksum = hasChecksum ? Bytes.get16(buffer, field + 6) : 0;
        }
        return true;
    }

    private static long sequence(MemorySegment buffer, long at, boolean wide) {
        return wide ? Bytes.get64(buffer, at) : Bytes.get32(buffer, at) & 0xffff_ffffL;
    }

    static int dssAckLength(boolean present, boolean wide) {
        return !present ? 0 : wide ? 8 : 4;
    }

    /** DSN, SSN and data-level length, without checksum. */
    static int dssMappingLength(boolean present, boolean wide) {
        return !present ? 0 : (wide ? 8 : 4) + 4 + 2;
    }

    /** RFC 8684 section 3.4.1: family and port follow from the E bit and the length. */
    private boolean parseAddAddr(MemorySegment buffer, long at, int length) {
        if (length < LENGTH_ADD_ADDR) {
            return false;
        }
        boolean echo = (Bytes.get8(buffer, at + 2) & FLAG_ECHO) != 0;
        int addressAndPort = length - LENGTH_ADD_ADDR - (echo ? 0 : LENGTH_ADD_ADDR_HMAC);
        boolean ipv4 = addressAndPort == 4 || addressAndPort == 6;
        boolean ipv6 = addressAndPort == 16 || addressAndPort == 18;
        if (!ipv4 && !ipv6) {
            return false;
        }
        long hi = ipv4 ? 0 : Bytes.get64(buffer, at + 4);
        long lo = ipv4 ? IpAddress.mapped(Bytes.get32(buffer, at + 4)) : Bytes.get64(buffer, at + 12);
        if (ipv6 && IpAddress.isIpv4(hi, lo)) {
            // Inside the stack this would become the IPv4 address, whose HMAC and echo differ. It is no address to send to anyway.
            return false;
        }
        addAddrEcho = echo;
        addAddrId = Bytes.get8(buffer, at + 3);
        addAddrHi = hi;
        addAddrLo = lo;
        long field = at + LENGTH_ADD_ADDR + (ipv4 ? 4 : 16);
        boolean port = (addressAndPort & 2) != 0;
        addAddrPort = port ? Bytes.get16(buffer, field) : 0;
        addAddrHmac = echo ? 0 : Bytes.get64(buffer, field + (port ? 2 : 0));
        return true;
    }

    /** RFC 8684 section 3.4.2. */
    private boolean parseRemoveAddr(MemorySegment buffer, long at, int length) {
        int count = length - LENGTH_REMOVE_ADDR;
        if (count < 1 || count > MAX_REMOVE_ADDR_IDS) {
            return false;
        }
        removeAddrCount = count;
        for (int i = 0; i < count; i++) {
            removeAddrIds[i] = Bytes.get8(buffer, at + LENGTH_REMOVE_ADDR + i);
        }
        return true;
    }

    /** RFC 8684 section 3.3.8. */
    private boolean parseMpPrio(int octet, int length) {
        if (length != LENGTH_MP_PRIO) {
            return false;
        }
        prioBackup = (octet & FLAG_BACKUP) != 0;
        return true;
    }

    /** RFC 8684 section 3.7. */
    private boolean parseMpFail(MemorySegment buffer, long at, int length) {
        if (length != LENGTH_MP_FAIL) {
            return false;
        }
        failDsn = Bytes.get64(buffer, at + 4);
        return true;
    }

    /** RFC 8684 section 3.5. */
    private boolean parseMpFastclose(MemorySegment buffer, long at, int length) {
        if (length != LENGTH_MP_FASTCLOSE) {
            return false;
        }
        fastcloseKey = Bytes.get64(buffer, at + 4);
        return true;
    }

    /** RFC 8684 section 3.6. */
    private boolean parseMpTcpRst(MemorySegment buffer, long at, int length) {
        if (length != LENGTH_MP_TCPRST) {
            return false;
        }
        resetTransient = (Bytes.get8(buffer, at + 2) & FLAG_TRANSIENT) != 0;
        resetReason = Bytes.get8(buffer, at + 3);
        return true;
    }
}
