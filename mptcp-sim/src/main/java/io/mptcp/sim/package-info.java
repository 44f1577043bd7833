/**
 * A network in virtual time. One seed decides everything: {@link io.mptcp.sim.Simulation} runs events in order of time and creation,
 * {@link io.mptcp.sim.Host}s drive their stacks, {@link io.mptcp.sim.SimLink}s delay, lose, reorder and cut, and
 * {@link io.mptcp.sim.WireMonitor} and {@link io.mptcp.sim.StreamChecker} watch what must never happen. Times are nanoseconds, sizes bytes.
 */
package io.mptcp.sim;
