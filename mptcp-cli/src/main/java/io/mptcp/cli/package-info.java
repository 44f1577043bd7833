/** The {@code mptcp} and {@code mptcp-tun} commands: options, exit codes and one-line errors around the library. */
package io.mptcp.cli;
