package io.mptcp.stack;

/** Names as printed by {@code nstat} for the kernel's MPTcpExt and TcpExt groups; those marked "ours" have no counterpart there. */
public enum Counter {
    MPCapableSYNRX, MPCapableSYNTX, MPCapableSYNTXDrop, MPCapableSYNTXDisabled, Blackhole, MPCapableEndpAttempt, MPCapableSYNACKRX, MPCapableACKRX,
    MPCapableFallbackACK, MPCapableFallbackSYNACK, MPCapableDataFallback, SimultConnectFallback,
    MPTCPRetrans,
    MPJoinNoTokenFound, MPJoinSynRx, MPJoinSynAckRx, MPJoinSynAckHMacFailure, MPJoinAckRx, MPJoinAckHMacFailure, MPJoinRejected, MPJoinSynTx,
    DSSNotMatching, DSSCorruptionReset, InfiniteMapTx, InfiniteMapRx, DataCsumErr, NoDSSInWindow, DuplicateData,
    DssFallback, DSSCorruptionFallback, FallbackFailed,
    AddAddr, AddAddrTx, EchoAdd, EchoAddTx, AddAddrDrop, AddAddrTxDrop, RmAddr, RmAddrTx, RmSubflow, MPPrioTx, MPPrioRx, MPFailTx, MPFailRx, MPFastcloseTx, MPFastcloseRx, MPRstTx, MPRstRx,
    SubflowStale, SubflowRecover, WinProbe,
    TCPMTUPFail, TCPMTUPSuccess, OutOfWindowIcmps,
    IcmpInMsgs, IcmpInErrors, IcmpInCsumErrors,
    PruneCalled, RcvPruned, OfoPruned, TCPRcvQDrop, TCPOFODrop, TCPMemoryPressures,
    TCPFastOpenActive, TCPFastOpenActiveFail, TCPFastOpenPassive, TCPFastOpenPassiveFail, TCPFastOpenListenOverflow, TCPFastOpenCookieReqd,
    TCPKeepAlive, TCPTimeouts, TCPLossProbes, TCPSpuriousRTOs, InCsumErrors,
    ListenOverflows, ListenDrops, TCPReqQFullDoCookies, TCPReqQFullDrop, SyncookiesSent, SyncookiesRecv, SyncookiesFailed,
    /** Connections that went to TIME-WAIT, and those for which there was no room there. */
    TW, TCPTimeWaitOverflow,
    OutRsts, ActiveOpens, PassiveOpens,
    /** Ours: ICMP errors beyond {@link Limits#maxIcmpPerSecond}. */
    IcmpInLimited,
    /** Ours: joins whose SYN/ACK, or third ACK, came without MP_JOIN. */
    MPJoinSynAckNoMPJoin, MPJoinAckNoMPJoin,
    /** Ours: subflows reset because options got lost on their way. */
    DssReset,
    /** Ours: segments too short or inconsistent to be TCP. */
    InMalformed,
    /** Ours: connections closed because an engine invariant was broken. */
    InternalErrors
}
