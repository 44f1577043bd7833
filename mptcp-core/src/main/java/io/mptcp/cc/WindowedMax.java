package io.mptcp.cc;

import java.util.Arrays;

/** The largest value of the last round trips, by the largest of each. Values are not negative. */
final class WindowedMax {
    private final double[] roundMax;
    private long newestRound;

    /** @param rounds that can be looked back at */
    WindowedMax(int rounds) {
        roundMax = new double[rounds + 1];
    }

    /** @param round its count, which does not go back */
    void add(double value, long round) {
        if (round - newestRound >= roundMax.length) {
            Arrays.fill(roundMax, 0);
            newestRound = round;
        }
        while (newestRound < round) {
            roundMax[slot(++newestRound)] = 0;
        }
        roundMax[slot(round)] = Math.max(roundMax[slot(round)], value);
    }

    /** @param rounds before that of the newest value that still count */
    double max(int rounds) {
        double max = 0;
        for (int back = 0; back <= rounds && back <= newestRound; back++) {
            max = Math.max(max, roundMax[slot(newestRound - back)]);
        }
        return max;
    }

    private int slot(long round) {
        return (int) (round % roundMax.length);
    }
}
