package io.mptcp.cli.check;

import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpOptions;

/**
 * What the answer to a SYN agreed to. The SYN had asked for all of it.
 *
 * @param mssBytes    MSS option, -1 if there was none
 * @param windowScale a window scale option came
 * @param ecn         the server takes part in ECN (RFC 3168)
 * @param ecnAsked    the SYN that was answered may have asked for ECN: SYNs that are sent again do not
 * @param version     version in MP_CAPABLE, -1 without MP_CAPABLE
 * @param checksum    the A flag of MP_CAPABLE: data are to have checksums
 * @param deniesJoin  the C flag of MP_CAPABLE: no joins to this address
 */
record SynAck(int mssBytes, boolean windowScale, boolean sackPermitted, boolean timestamps, boolean ecn, boolean ecnAsked,
              boolean mpCapable, int version, boolean checksum, boolean deniesJoin, boolean mpJoin) {

    static SynAck of(TcpOptions options, boolean ecn, boolean ecnAsked) {
        MptcpOptions mptcp = options.mptcp;
        boolean mpCapable = mptcp.has(MptcpOptions.MP_CAPABLE);
        int flags = mpCapable ? mptcp.mpCapableFlags : 0;
        return new SynAck(options.mss, options.windowScale >= 0, options.sackPermitted, options.hasTimestamps, ecn, ecnAsked, mpCapable,
                mpCapable ? mptcp.version : -1, (flags & MptcpOptions.FLAG_CHECKSUM) != 0, (flags & MptcpOptions.FLAG_DENY_JOIN_ID0) != 0,
                mptcp.has(MptcpOptions.MP_JOIN));
    }
}
