package io.mptcp.cli.lab;

/** Both directions of an emulated link. */
public record EmulatedPath(EmulatedLink forward, EmulatedLink backward) {
    /** The link goes silent both ways: interfaces stay up, nothing passes, what is on the way is lost. */
    public void cut() {
        forward.up(false);
        backward.up(false);
    }

    /** The link carries frames again. */
    public void restore() {
        forward.up(true);
        backward.up(true);
    }
}
