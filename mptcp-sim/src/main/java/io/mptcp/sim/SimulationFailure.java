package io.mptcp.sim;

/** Something happened that must not, or did not happen in time. The message names the seed and how to see it again. */
public final class SimulationFailure extends AssertionError {
    private static final long serialVersionUID = 1;

    SimulationFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
