package io.mptcp.stack;

import java.util.ArrayList;
import java.util.List;

/** The links of a stack by their ids: properties, whether they work, and which connections wait to send on them. */
final class LinkTable {
    private static final int MAX_LINKS = 64;

    private final LinkProperties[] links = new LinkProperties[MAX_LINKS];
    private final List<List<Connection>> waiting = new ArrayList<>();
    private long down;
    private long blocked;

    LinkTable() {
        for (int i = 0; i < MAX_LINKS; i++) {
            waiting.add(new ArrayList<>(0));
        }
    }

    void add(int linkId, LinkProperties properties) {
        if (linkId < 0 || linkId >= MAX_LINKS) {
            throw new IllegalArgumentException("link id " + linkId + " is not in 0.." + (MAX_LINKS - 1));
        }
        links[linkId] = properties;
    }

    boolean has(int linkId) {
        return linkId >= 0 && linkId < MAX_LINKS && links[linkId] != null;
    }

    LinkProperties properties(int linkId) {
        return links[linkId];
    }

    void setUp(int linkId, boolean up) {
        down = up ? down & ~(1L << linkId) : down | 1L << linkId;
    }

    boolean isUp(int linkId) {
        return (down & 1L << linkId) == 0;
    }

    boolean isWritable(int linkId) {
        return ((blocked | down) & 1L << linkId) == 0;
    }

    /** @return the connections that have waited for the link and can go on */
    List<Connection> setWritable(int linkId, boolean writable) {
        if (!writable) {
            blocked |= 1L << linkId;
            return List.of();
        }
        blocked &= ~(1L << linkId);
        List<Connection> released = List.copyOf(waiting.get(linkId));
        waiting.get(linkId).clear();
        for (int i = 0; i < released.size(); i++) {
            released.get(i).waitingForLinks &= ~(1L << linkId);
        }
        return released;
    }

    void waitFor(Connection connection, int linkId) {
        if ((connection.waitingForLinks & 1L << linkId) == 0) {
            connection.waitingForLinks |= 1L << linkId;
            waiting.get(linkId).add(connection);
        }
    }

    /** The connection is gone. */
    void forget(Connection connection) {
        for (int linkId = 0; connection.waitingForLinks != 0; linkId++) {
            if ((connection.waitingForLinks & 1L << linkId) != 0) {
                connection.waitingForLinks &= ~(1L << linkId);
                waiting.get(linkId).remove(connection);
            }
        }
    }
}
