/** {@code mptcp check}: which paths to a server carry MPTCP, and what is changed on the way. */
package io.mptcp.cli.check;
