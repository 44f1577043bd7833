/** Measurements of a stack for Micrometer, which is an optional dependency: the rest of the library does without. */
package io.mptcp.netty.metrics;
