package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Why {@link TcpOptions#parse} took no notice of MPTCP options of a segment, in words: for dumps and traces. It asks the parser itself about
 * each option alone, so that it calls wrong what the engine would have ignored, and nothing else. For one thread.
 */
public final class MptcpOptionFaults {
    /** RFC 8684 section 8.2: for private use. */
    private static final int SUBTYPE_EXPERIMENTAL = 15;
    private static final String[] NAMES = {
        "MP_CAPABLE", "MP_JOIN", "DSS", "ADD_ADDR", "REMOVE_ADDR", "MP_PRIO", "MP_FAIL", "MP_FASTCLOSE", "MP_TCPRST"
    };

    private final MptcpOptions alone = new MptcpOptions();
    private int seen;

    /** The name RFC 8684 gives a subtype. */
    public static String name(int subtype) {
        return subtype >= 0 && subtype < NAMES.length ? NAMES[subtype]
                : subtype == SUBTYPE_EXPERIMENTAL ? "MP_EXPERIMENTAL" : "subtype " + subtype;
    }

    /**
     * One line for each MPTCP option of the validated segment at {@code offset} that does not count, and for an option area that ends in
     * the middle of an option; empty when all is well. Never throws.
     */
    public List<String> of(MemorySegment buffer, long offset, int payloadLength) {
        List<String> faults = new ArrayList<>(0);
        seen = 0;
        int flags = TcpSegment.flags(buffer, offset);
        long end = offset + TcpSegment.headerLength(buffer, offset);
        long at = offset + TcpSegment.MIN_HEADER_LENGTH;
        while (at < end) {
            int kind = Bytes.get8(buffer, at);
            if (kind == TcpOptions.KIND_NOP) {
                at++;
                continue;
            }
            if (kind == TcpOptions.KIND_END) {
                break;
            }
            int length = at + 1 < end ? Bytes.get8(buffer, at + 1) : 0;
            if (length < 2 || length > end - at) {
                faults.add("option kind " + kind + (at + 1 < end ? " of " + length + " bytes" : "") + ", where " + (end - at) + " are left");
                break;
            }
            if (kind == MptcpOptions.KIND) {
                String fault = fault(buffer, at, length, flags, payloadLength);
                if (fault != null) {
                    faults.add(fault);
                }
            }
            at += length;
        }
        if (Coexistence.withoutContradictions(seen) != seen) {
            faults.add("MP_CAPABLE beside MP_JOIN: neither counts");
        }
        return faults;
    }

    /** What is wrong with one option, or null. */
    private String fault(MemorySegment buffer, long at, int length, int flags, int payloadLength) {
        if (length < MptcpOptions.LENGTH_SHORTEST) {
            return "an option of " + length + " bytes, without subtype";
        }
        int subtype = Bytes.get8(buffer, at + 2) >> 4;
        String name = name(subtype);
        if (subtype >= NAMES.length) {
            return name + (subtype == SUBTYPE_EXPERIMENTAL ? ", for private use" : ", not assigned");
        }
        if ((Coexistence.allowedOn(flags) & 1 << subtype) == 0) {
            return name + " on a segment with" + ((flags & TcpSegment.RST) != 0 ? " RST" : (flags & TcpSegment.SYN) != 0 ? " SYN" : "out RST");
        }
        alone.clear();
        alone.parseOption(buffer, at, length, flags, payloadLength);
        if (!alone.has(1 << subtype)) {
            return refused(buffer, at, length, subtype, flags, payloadLength);
        }
        boolean again = (seen & 1 << subtype) != 0;
        seen |= 1 << subtype;
        if (again) {
            return name + " once more: the last counts";
        }
        boolean finAlone = subtype == MptcpOptions.SUBTYPE_DSS && (Bytes.get8(buffer, at + 3) & MptcpOptions.DSS_DATA_FIN) != 0 && !alone.dataFin;
        return finAlone ? "DATA_FIN without a mapping" : null;
    }

    private static String refused(MemorySegment buffer, long at, int length, int subtype, int flags, int payloadLength) {
        boolean syn = (flags & TcpSegment.SYN) != 0;
        boolean ack = (flags & TcpSegment.ACK) != 0;
        String form = syn ? ack ? " of a SYN/ACK" : " of a SYN" : "";
        String expected = switch (subtype) {
            case MptcpOptions.SUBTYPE_MP_CAPABLE -> {
                int version = Bytes.get8(buffer, at + 2) & 0x0f;
                if (version == 0) {
                    yield "version 0 is of RFC 6824";
                }
                yield syn ? ack ? "12" : "4" : payloadLength == 0 ? "20 without payload" : "22 or 24 with payload";
            }
            case MptcpOptions.SUBTYPE_MP_JOIN -> syn ? ack ? "16" : "12" : "24";
            case MptcpOptions.SUBTYPE_DSS -> dssLength(buffer, at, length);
            case MptcpOptions.SUBTYPE_ADD_ADDR -> addAddrLength(buffer, at, length);
            case MptcpOptions.SUBTYPE_REMOVE_ADDR -> "4 to 11";
            case MptcpOptions.SUBTYPE_MP_PRIO -> "3";
            case MptcpOptions.SUBTYPE_MP_TCPRST -> "4";
            default -> "12";
        };
        return NAMES[subtype] + form + " of " + length + " bytes" + (Character.isDigit(expected.charAt(0)) ? " instead of " : ": ") + expected;
    }

    private static String dssLength(MemorySegment buffer, long at, int length) {
        if (length < MptcpOptions.LENGTH_DSS) {
            return MptcpOptions.LENGTH_DSS + " at least";
        }
        int flags = Bytes.get8(buffer, at + 3);
        boolean mapping = (flags & MptcpOptions.DSS_MAPPING) != 0;
        int expected = MptcpOptions.LENGTH_DSS
                + MptcpOptions.dssAckLength((flags & MptcpOptions.DSS_DATA_ACK) != 0, (flags & MptcpOptions.DSS_DATA_ACK_8) != 0)
                + MptcpOptions.dssMappingLength(mapping, (flags & MptcpOptions.DSS_DSN_8) != 0);
        return expected + (mapping ? " or " + (expected + MptcpOptions.LENGTH_CHECKSUM) : "") + " by its flags";
    }

    private static String addAddrLength(MemorySegment buffer, long at, int length) {
        boolean echo = (Bytes.get8(buffer, at + 2) & MptcpOptions.FLAG_ECHO) != 0;
        int rest = length - MptcpOptions.LENGTH_ADD_ADDR - (echo ? 0 : MptcpOptions.LENGTH_ADD_ADDR_HMAC);
        return rest == 16 || rest == 18 ? "an IPv4 address as IPv6" : echo ? "8, 10, 20 or 22 as an echo" : "16, 18, 28 or 30";
    }
}
