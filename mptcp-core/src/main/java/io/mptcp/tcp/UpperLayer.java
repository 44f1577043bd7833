package io.mptcp.tcp;

/** What TCP needs from the layer above it. */
public interface UpperLayer {
}
