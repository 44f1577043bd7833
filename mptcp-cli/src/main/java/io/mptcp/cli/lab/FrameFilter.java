package io.mptcp.cli.lab;

import java.lang.foreign.MemorySegment;

/** Something that looks into frames before they enter an {@link EmulatedLink}. Called on the emulator's thread only. */
@FunctionalInterface
public interface FrameFilter {
    /**
     * May change the frame in its place.
     *
     * @param frame a whole Ethernet frame
     * @return false to drop it
     */
    boolean pass(MemorySegment frame);
}
