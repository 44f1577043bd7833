package io.mptcp.netty.linux;

import java.util.List;

/**
 * What one of several packet sockets on a device receives that share their ports, so that every segment comes to exactly one of them: all that is for its
 * own ports, and of what is for the ports they listen on together the share that falls to it by the peer's port.
 *
 * @param own   ports of this one alone, for the connections it opens
 * @param apart own ports of any of them
 * @param index number of this one, from 0
 * @param count how many there are
 */
public record PortShare(PortRange own, PortRange apart, int index, int count) {
    /**
     * One part for each of them, and a last one to listen on.
     *
     * @param slots adjacent, in ascending order
     * @throws IllegalArgumentException when there are fewer ports than parts
     */
    public static PortShare of(List<PortRange> slots, int index, int count) {
        int first = slots.getFirst().first();
        int size = (slots.getLast().last() + 1 - first) / (count + 1);
        if (size == 0) {
            throw new IllegalArgumentException("too few ports for " + count + " event loops");
        }
        PortRange own = new PortRange(first + size * index, first + size * (index + 1) - 1);
        return new PortShare(own, new PortRange(first, first + size * count - 1), index, count);
    }
}
