package io.mptcp.stack;

import io.mptcp.spi.PathManager;

/**
 * An MPTCP connection at one moment: Linux's {@code struct mptcp_info}, field by field under its names (without {@code mptcpi_}). Data sequence
 * numbers are those on the wire; times in nanoseconds.
 *
 * @param subflows           subflows beside the initial one
 * @param addAddrSignal      addresses announced and echoed, or still waiting for their echo
 * @param addAddrAccepted    announcements of the peer taken
 * @param subflowsMax        subflows there may be beside the initial one: the path manager's limit, or the stack's where that is lower
 * @param addAddrSignalMax   announcements that may wait for their echo
 * @param addAddrAcceptedMax announcements of the peer that the path manager acts on at most, 255 for any number
 * @param flags              {@link #FLAG_FALLBACK}, {@link #FLAG_REMOTE_KEY_RECEIVED}
 * @param token              local token, 0 in plain TCP
 * @param writeSeq           data sequence number behind what has been written, sent or not
 * @param sndUna             oldest data sequence number the peer has not acknowledged
 * @param rcvNxt             next data sequence number expected
 * @param localAddrUsed      local addresses joins of this side came from, that of the initial subflow aside
 * @param localAddrMax       255: any number of endpoints
 * @param csumEnabled        DSS checksums are used
 * @param retransmits        timeouts of the data level since it last moved on
 * @param bytesRetrans       bytes sent again by another mapping
 * @param bytesSent          bytes of the stream sent for the first time
 * @param bytesReceived      bytes of the stream received in order
 * @param bytesAcked         bytes of the stream the peer has acknowledged
 * @param subflowsTotal      subflows there are now, the initial one included
 * @param sinceLastDataSentNanos     since data was last sent; 0 before the first, as for the next two
 * @param sinceLastDataReceivedNanos since data was last received
 * @param sinceLastAckReceivedNanos  since the last DATA_ACK, or the last acknowledgment in plain TCP
 */
public record MptcpInfo(
        int subflows,
        int addAddrSignal,
        int addAddrAccepted,
        int subflowsMax,
        int addAddrSignalMax,
        int addAddrAcceptedMax,
        int flags,
        int token,
        long writeSeq,
        long sndUna,
        long rcvNxt,
        int localAddrUsed,
        int localAddrMax,
        boolean csumEnabled,
        int retransmits,
        long bytesRetrans,
        long bytesSent,
        long bytesReceived,
        long bytesAcked,
        int subflowsTotal,
        long sinceLastDataSentNanos,
        long sinceLastDataReceivedNanos,
        long sinceLastAckReceivedNanos) {
    public static final int FLAG_FALLBACK = 1;
    public static final int FLAG_REMOTE_KEY_RECEIVED = 2;

    static MptcpInfo of(Connection connection, long nowNanos) {
        DataLevel data = connection.data();
        DataSequence sequence = data.sequence;
        AddressSignals signals = connection.signals();
        int flags = (connection.isMptcp() ? 0 : FLAG_FALLBACK) | (sequence.isRemoteKeyKnown() ? FLAG_REMOTE_KEY_RECEIVED : 0);
        boolean initial = false;
        long localIds = 0;
        for (Subflow subflow : connection.subflows()) {
            initial |= !subflow.isJoin;
            localIds |= subflow.isActive && subflow.localAddressId > 0 ? 1L << (subflow.localAddressId & 63) : 0;
        }
        int total = connection.subflows().size();
        ConnectionOutput output = connection.output();
        return new MptcpInfo(total - (initial ? 1 : 0), signals.announcements().accepted(), signals.addressesTaken(),
                connection.paths().subflowsMax(), AddressAnnouncements.MAX_PENDING, connection.paths().addAddrAcceptedMax(), flags,
                connection.isMptcp() ? sequence.localToken() : 0,
                sequence.toWire(data.sender.dsnNxt() + data.sender.pendingBytes() + (data.sender.isFinRequested() ? 1 : 0)),
                sequence.toWire(data.sender.dsnUna() + (data.sender.isFinAcked() ? 1 : 0)), sequence.peerToWire(data.receiver.rcvNxt()),
                Long.bitCount(localIds), PathManager.UNBOUNDED, connection.isChecksumOn(), output.timeouts(), output.reinjectedBytes(),
                data.sender.dsnNxt() - 1, data.receiver.bytesReceived(), data.sender.dsnUna() - 1, total,
                since(nowNanos, output.lastDataSentNanos()), since(nowNanos, data.lastDataReceivedNanos()),
                since(nowNanos, data.lastAckReceivedNanos()));
    }

    private static long since(long nowNanos, long thenNanos) {
        return thenNanos == DataLevel.NEVER_NANOS ? 0 : nowNanos - thenNanos;
    }
}
