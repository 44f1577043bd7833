/**
 * The engine: connections, their subflows, and the stack that owns them. From outside only {@link io.mptcp.stack.Stack}, {@link
 * io.mptcp.stack.MptcpConnection}, {@link io.mptcp.stack.Listener}, their options and what they report are seen. Where to look for what:
 *
 * <ul>
 * <li><b>The stack</b>, for all connections: {@link io.mptcp.stack.Stack} (the five verbs, and containment of failures), {@code LinkTable},
 * {@code FlowTable} and {@code FlowKey}, {@code DeadlineQueue}, {@code MemoryBudget}, {@code LocalKeys} with {@code TokenTable} and
 * {@link io.mptcp.stack.TokenShard}, {@code PortAllocator}, {@code FourTuples}, {@code IcmpReceiver}, {@code Blackholes}, {@code Events},
 * {@link io.mptcp.stack.Counters}. Its settings: {@link io.mptcp.stack.StackConfig}, {@link io.mptcp.stack.Limits},
 * {@link io.mptcp.stack.LinkProperties}, {@link io.mptcp.stack.WireProfile}.
 * <li><b>Segments of no flow</b>: {@code Acceptor}; from there {@code SynQueue} of {@code SynRequest}s, {@code SynCookies}, {@code FastOpenServer} and
 * {@code FastOpenCookies}, {@code TimeWaitTable}, {@code ResetQueue}, {@code ReplyQueue}. Numbers nobody may guess: {@code IsnGenerator},
 * {@code KeyedHash}, {@code SipHash}.
 * <li><b>A connection</b>: {@code Connection}; {@code ApplicationSide} is behind {@link io.mptcp.stack.MptcpConnection}. Its beginning: {@code Handshake}, {@code FastOpenClient}
 * with {@code FastOpenCache}; its way back to TCP: {@code Fallback}; its end: {@code Closing}, {@code FastcloseWait}.
 * <li><b>The byte stream</b> (data level): {@code DataLevel} with {@code DataSequence}, {@code DataSender}, {@code DataReceiver}, {@code RightSizing},
 * {@code RecordEnds}.
 * <li><b>What is sent next</b>: {@code ConnectionOutput}; it asks the scheduler through {@code ConnectionView}, and {@code SmallSegments},
 * {@code WindowGuard}, {@code OpportunisticReinjection}. {@code SendTimes} keeps the account.
 * <li><b>A subflow</b>: {@code Subflow} ties a {@link io.mptcp.tcp.Tcb} to its connection, all of them are a {@code SubflowSet};
 * {@code JoinHandshake}, {@code SubflowOptions} (MPTCP options out), {@code SubflowReceiver} and {@code RxMappings} (mappings and payload in),
 * {@code SignalPace}. Whether its path still works: {@code AckSilence}, {@code SilenceProbe}, {@code IdleProbe}, {@code RemovalCheck}.
 * <li><b>Addresses and paths</b>: {@code PathControl} between a connection and its {@link io.mptcp.spi.PathManager}; {@code AddressSignals} with
 * {@code LocalAddressIds}, {@code AddressAnnouncements}, {@code AddressWithdrawals}.
 * <li><b>Keys and HMACs</b>: {@link io.mptcp.stack.Keys}.
 * </ul>
 */
package io.mptcp.stack;
