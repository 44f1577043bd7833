/** Congestion control: the interface and its implementations. All amounts are bytes, all times nanoseconds. */
package io.mptcp.cc;
