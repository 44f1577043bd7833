/** {@code mptcp perf}: measures throughput, speaking iperf3's protocol, so that a stock iperf3 can be the other side. */
package io.mptcp.cli.perf;
