package io.mptcp.cc;

/** What BBR knew before a loss, for when that proves spurious. */
final class BbrUndo {
    /** The state that the loss ended, {@link Bbr.State#STARTUP} or {@link Bbr.State#PROBE_BW_UP}; null if it did not end any. */
    Bbr.State state;
    double bwShortterm;
    double inflightShortterm;
    double inflightLongterm;

    void save(double bwShortterm, double inflightShortterm, double inflightLongterm) {
        state = null;
        this.bwShortterm = bwShortterm;
        this.inflightShortterm = inflightShortterm;
        this.inflightLongterm = inflightLongterm;
    }
}
