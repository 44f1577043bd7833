package io.mptcp.sim.socket;

/**
 * What a call returned.
 *
 * @param value the return value, -1 on error
 * @param errno one of {@link Errno}, 0 on success
 * @param data  what the call wrote to its caller's memory, in the call's own layout; never null
 */
public record Outcome(long value, int errno, byte[] data) {
    private static final byte[] NOTHING = {};
    public static final Outcome DONE = new Outcome(0, 0, NOTHING);

    public static Outcome of(long value) {
        return new Outcome(value, 0, NOTHING);
    }

    public static Outcome of(long value, byte[] data) {
        return new Outcome(value, 0, data);
    }

    public static Outcome error(int errno) {
        return new Outcome(-1, errno, NOTHING);
    }

    public boolean isError() {
        return errno != 0;
    }
}
