package io.mptcp.cli.dump;

/**
 * How many entries all lists of what has been seen may hold together, whatever the capture. One that gets no more gives up its own oldest
 * entry for the new one, and knows a little less of the past then.
 */
final class EntryBudget {
    /** Of about 100 bytes each. */
    static final int MAX_ENTRIES = 1_000_000;

    private int left;

    EntryBudget(int entries) {
        left = entries;
    }

    /** @return whether one more entry may be kept */
    boolean take() {
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }

    void give(int entries) {
        left += entries;
    }
}
