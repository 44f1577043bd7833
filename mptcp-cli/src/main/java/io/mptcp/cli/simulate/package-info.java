/** {@code mptcp simulate}: what paths, schedulers and congestion controls would do, in virtual time and before anything is bought. */
package io.mptcp.cli.simulate;
