package io.mptcp.pm;

/** A subflow that should be there: from which endpoint and to which address, and how the attempts to have it went. Times are those of the connection. */
final class Slot {
    /** The address the peer's initial subflow has. */
    static final int INITIAL_ADDRESS = 0;

    private static final int NO_SUBFLOW = -1;
    private static final long FIRST_RETRY_NANOS = 1_000_000_000L;
    private static final long MAX_RETRY_NANOS = 60_000_000_000L;
    /** One that lived as long as this and was reset may be opened again at once. */
    private static final long LIVED_NANOS = 3_000_000_000L;
    /** Resets with a reason before anything was established, in a row: the peer does not want it. */
    private static final int MAX_REFUSALS = 5;
    /** MP_TCPRST reason: administratively prohibited (RFC 8684 section 3.6). */
    private static final int PROHIBITED = 3;

    /** The endpoint this slot is for; null for an announced address that may be reached from any. */
    Endpoint endpoint;
    /** Address id the peer announced, or {@link #INITIAL_ADDRESS}. */
    final int addressId;
    private int subflowId = NO_SUBFLOW;
    private long establishedNanos = Long.MAX_VALUE;
    private boolean everEstablished;
    private long retryNanos = Long.MIN_VALUE;
    private int failures;
    private int refusals;
    private String barred;
    private boolean hurried;

    Slot(Endpoint endpoint, int addressId) {
        this.endpoint = endpoint;
        this.addressId = addressId;
    }

    boolean isFor(int endpointId, int remoteId) {
        return addressId == remoteId && (endpoint == null ? endpointId == 0 : endpoint.id() == endpointId);
    }

    boolean isFrom(Endpoint other) {
        return endpoint != null && endpoint.id() == other.id();
    }

    /** Whether there is no subflow and one may be tried, now or later. */
    boolean isWanting() {
        return subflowId == NO_SUBFLOW && barred == null;
    }

    boolean hasSubflow() {
        return subflowId != NO_SUBFLOW;
    }

    /** Why there will be no further attempt, null if there will. */
    String barred() {
        return barred;
    }

    /** When the next attempt may be made. */
    long retryNanos() {
        return retryNanos;
    }

    /** Attempts failed since the subflow was last there for long, or its link came up. */
    int failures() {
        return failures;
    }

    boolean wasEverEstablished() {
        return everEstablished;
    }

    /** The subflow open or being opened, or -1. */
    int subflowId() {
        return subflowId;
    }

    void onOpened(int newSubflowId) {
        subflowId = newSubflowId;
    }

    void onEstablished(long nowNanos) {
        establishedNanos = nowNanos;
        everEstablished = true;
        refusals = 0;
    }

    void onClosed(long nowNanos, int resetReason) {
        // One that lived long enough was a good one: its loss is not the next in a row of failures.
        if (establishedNanos != Long.MAX_VALUE && nowNanos - establishedNanos >= MAX_RETRY_NANOS) {
            failures = 0;
        }
        if (establishedNanos == Long.MAX_VALUE && resetReason >= 0) {
            refusals++;
            // A peer that took this path before refuses it because it has not yet seen the old subflow die; that passes.
            if (refusals >= MAX_REFUSALS || resetReason == PROHIBITED && !everEstablished) {
                barred = "the peer refused the join with MP_TCPRST reason " + resetReason + (refusals > 1 ? ", " + refusals + " times" : "");
            }
        }
        boolean answered = resetReason >= 0 && establishedNanos != Long.MAX_VALUE && nowNanos - establishedNanos >= LIVED_NANOS;
        subflowId = NO_SUBFLOW;
        establishedNanos = Long.MAX_VALUE;
        backOff(nowNanos);
        if (answered) {
            retryNanos = nowNanos; // the peer had given it up while the path was away, and the path is back
        }
    }

    /** No further attempt. */
    void giveUp(String why) {
        if (barred == null) {
            barred = why;
        }
    }

    void backOff(long nowNanos) {
        retryNanos = nowNanos + Math.min(FIRST_RETRY_NANOS << Math.min(failures, 10), MAX_RETRY_NANOS);
        failures++;
    }

    /** Something changed for the better: try at once, and count from the beginning. */
    void retryAtOnce(long nowNanos) {
        failures = 0;
        retryNanos = nowNanos;
    }

    /** Nothing else is left: do not wait. Only once until {@link #calm}, or paths that all refuse would be tried in a tight circle. */
    void hurry(long nowNanos) {
        if (!hurried) {
            hurried = true;
            retryNanos = Math.min(retryNanos, nowNanos);
        }
    }

    /** Some subflow works again. */
    void calm() {
        hurried = false;
    }
}
