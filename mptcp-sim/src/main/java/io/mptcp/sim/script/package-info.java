/** Packet scripts: one stack in virtual time, its peers and its network played by a test, segment by segment. See docs/packet-scripts.md. */
package io.mptcp.sim.script;
