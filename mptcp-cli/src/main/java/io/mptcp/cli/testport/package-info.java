/** The test port: this stack in virtual time, driven by another process over a UNIX socket (docs/test-port.md). */
package io.mptcp.cli.testport;
