/**
 * Packet schedulers: pure policies over {@link io.mptcp.spi.SchedulerView}. All of them keep to one rule: backup subflows carry data only
 * while no other subflow is active (RFC 8684 section 3.3.8).
 */
package io.mptcp.scheduler;
