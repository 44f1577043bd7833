package io.mptcp.tun;

import io.mptcp.netty.host.Uplinks;
import java.lang.foreign.MemorySegment;

/** What all proxy connections of a daemon share. */
record ProxyContext(Uplinks uplinks, FlowTable flows, FlowRouting routing, MemorySegment scratch, long connectTimeoutMillis) {
}
