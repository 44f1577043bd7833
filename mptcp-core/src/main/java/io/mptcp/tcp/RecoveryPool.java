package io.mptcp.tcp;

/**
 * Where connections take their loss recovery from when something goes out, and give it back when all of it has arrived and nothing of it is worth
 * remembering. An idle connection has none; those that are busy get the same few again and again, without an allocation. One pool serves all
 * connections of a stack.
 */
final class RecoveryPool {
    /** About 260 bytes each. */
    private static final int MAX_SPARE = 4096;

    /** Linked through {@link LossRecovery#nextSpare}. */
    private LossRecovery spare;
    private int spares;

    LossRecovery acquire(Tcb tcb) {
        LossRecovery recovery = spare;
        if (recovery == null) {
            return new LossRecovery(tcb);
        }
        spare = recovery.nextSpare;
        recovery.nextSpare = null;
        spares--;
        recovery.begin(tcb);
        return recovery;
    }

    void release(LossRecovery recovery) {
        if (spares < MAX_SPARE) {
            recovery.end();
            recovery.nextSpare = spare;
            spare = recovery;
            spares++;
        }
    }
}
