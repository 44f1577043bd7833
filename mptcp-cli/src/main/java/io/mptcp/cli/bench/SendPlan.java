package io.mptcp.cli.bench;

/**
 * What the sender of a transfer does.
 *
 * @param bytes         to write; then the stream ends
 * @param pauseNanos    before the first write, from the connection being there
 * @param messageBytes  written at a time, 0 for as much as is taken
 * @param intervalNanos between two messages
 * @param bufferBytes   size of the send buffer, 0 for the usual one
 */
public record SendPlan(long bytes, long pauseNanos, int messageBytes, long intervalNanos, int bufferBytes) {
    private static final SendPlan ENDLESS = new SendPlan(Long.MAX_VALUE, 0, 0, 0, 0);

    /** As much as the connection takes, without end; null, which is for receivers, when not {@code sending}. */
    public static SendPlan endless(boolean sending) {
        return sending ? ENDLESS : null;
    }

    /** One piece of data, all at once. */
    public static SendPlan of(long bytes, long pauseNanos, int bufferBytes) {
        return new SendPlan(bytes, pauseNanos, 0, 0, bufferBytes);
    }

    /** A message every now and then. */
    public static SendPlan messages(int count, int messageBytes, long intervalNanos, long pauseNanos) {
        return new SendPlan((long) count * messageBytes, pauseNanos, messageBytes, intervalNanos, 0);
    }
}
