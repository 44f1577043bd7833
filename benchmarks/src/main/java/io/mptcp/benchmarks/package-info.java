/** JMH benchmarks of what happens for every segment. */
package io.mptcp.benchmarks;
