package io.mptcp.stack;

/** Names as printed by {@code nstat} for the kernel's MPTcpExt and TcpExt groups; those marked "ours" have no counterpart there. */
public enum Counter {
    MPCapableSYNRX, MPCapableSYNTX, MPCapableSYNACKRX, MPCapableACKRX, MPCapableFallbackACK, MPCapableFallbackSYNACK, MPCapableDataFallback,
    MPTCPRetrans,
    MPJoinNoTokenFound, MPJoinSynRx, MPJoinSynAckRx, MPJoinSynAckHMacFailure, MPJoinAckRx, MPJoinAckHMacFailure, MPJoinRejected, MPJoinSynTx,
    MPJoinSynAckNoMPJoin, MPJoinAckNoMPJoin,
    DSSNotMatching, DSSCorruptionFallback, DSSCorruptionReset, InfiniteMapTx, InfiniteMapRx, DSSNoMatchTCP, DataCsumErr, NoDSSInWindow, DuplicateData,
    DssFallback, DssReset, OFOQueue,
    AddAddr, EchoAddTx, AddAddrDrop, RmAddr, RmSubflow, MPPrioTx, MPPrioRx, MPFailTx, MPFailRx, MPFastcloseTx, MPFastcloseRx, MPRstTx, MPRstRx,
    SubflowStale, SubflowRecover, WinProbe,
    TCPTimeouts, TCPFastRetrans, TCPLossProbes, TCPSpuriousRTOs, TCPRetransFail, TCPDSACKRecv, TCPChallengeACK, TCPCsumErrors, PAWSEstab, TCPOFOQueue,
    TCPRcvPruned, ListenOverflows, OutRsts, EstabResets, AttemptFails, ActiveOpens, PassiveOpens,
    /** Ours: segments too short or inconsistent to be TCP. */
    InMalformed,
    /** Ours: connections closed because an engine invariant was broken. */
    InternalErrors
}
