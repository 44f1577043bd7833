/** {@code mptcp bench scale}: what connections cost the engine, without any I/O. */
package io.mptcp.cli.bench.scale;
