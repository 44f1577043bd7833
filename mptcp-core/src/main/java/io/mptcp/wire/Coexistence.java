package io.mptcp.wire;

import static io.mptcp.wire.MptcpOptions.ADD_ADDR;
import static io.mptcp.wire.MptcpOptions.DSS;
import static io.mptcp.wire.MptcpOptions.MP_CAPABLE;
import static io.mptcp.wire.MptcpOptions.MP_FAIL;
import static io.mptcp.wire.MptcpOptions.MP_FASTCLOSE;
import static io.mptcp.wire.MptcpOptions.MP_JOIN;
import static io.mptcp.wire.MptcpOptions.MP_PRIO;
import static io.mptcp.wire.MptcpOptions.MP_TCPRST;
import static io.mptcp.wire.MptcpOptions.REMOVE_ADDR;

/**
 * Which MPTCP options may stand on which kind of segment and beside which others: the one table behind parser and writer.
 *
 * <p>The parser takes every combination that has a meaning; the writer keeps to those a Linux peer sends itself.
 */
final class Coexistence {
    private static final int HANDSHAKE = MP_CAPABLE | MP_JOIN;
    private static final int NOT_ON_SYN = DSS | ADD_ADDR | REMOVE_ADDR | MP_PRIO | MP_FAIL | MP_FASTCLOSE;

    /** By subtype, what the writer may put beside it. Symmetric; never itself, as a receiver keeps only one option of a subtype. */
    private static final int[] BESIDE = {
        /* MP_CAPABLE   */ REMOVE_ADDR,
        /* MP_JOIN      */ REMOVE_ADDR | MP_PRIO,
        /* DSS          */ ADD_ADDR | REMOVE_ADDR | MP_PRIO | MP_FAIL,
        /* ADD_ADDR     */ DSS | REMOVE_ADDR | MP_PRIO,
        /* REMOVE_ADDR  */ MP_CAPABLE | MP_JOIN | DSS | ADD_ADDR | MP_PRIO,
        /* MP_PRIO      */ MP_JOIN | DSS | ADD_ADDR | REMOVE_ADDR,
        /* MP_FAIL      */ DSS | MP_TCPRST,
        /* MP_FASTCLOSE */ MP_TCPRST,
        /* MP_TCPRST    */ MP_FAIL | MP_FASTCLOSE,
    };

    private Coexistence() {
    }

    /** The options, as {@link MptcpOptions#present} bits, that mean something on a segment with these TCP flags. */
    static int allowedOn(int tcpFlags) {
        if ((tcpFlags & TcpSegment.RST) != 0) {
            return NOT_ON_SYN | MP_TCPRST;
        }
        return (tcpFlags & TcpSegment.SYN) != 0 ? HANDSHAKE : HANDSHAKE | NOT_ON_SYN;
    }

    /** Whether the writer may add this subtype to the options already {@code present}. */
    static boolean mayJoin(int subtype, int present) {
        return (present & ~BESIDE[subtype]) == 0;
    }

    /** What is left of the options received together: one cannot open a connection and join another, so of both neither counts. */
    static int withoutContradictions(int present) {
        return (present & HANDSHAKE) == HANDSHAKE ? present & ~HANDSHAKE : present;
    }
}
