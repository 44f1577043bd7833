/** {@code mptcp dump}: reads a capture and tells the story of its MPTCP connections at the level of the data sequence. */
package io.mptcp.cli.dump;
