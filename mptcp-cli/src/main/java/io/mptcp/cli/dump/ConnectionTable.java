package io.mptcp.cli.dump;

import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Connections by the addresses of their subflows and by their tokens. Holds a bounded number: beyond that the one that has been silent for longest
 * is finished early.
 */
final class ConnectionTable {
    static final int MAX_CONNECTIONS = 4096;
    static final int MAX_SUBFLOWS = 16_384;

    private record FlowKey(IpEndpoint source, IpEndpoint destination, boolean encapsulated) {
    }

    private final EntryBudget budget;
    private final Consumer<TracedConnection> finished;
    private final int maxConnections;
    /** Two entries for a subflow, one a direction. */
    private final Map<FlowKey, TracedSubflow> flows = new HashMap<>();
    private final Map<Integer, TracedConnection> byToken = new HashMap<>();
    /** By number, the one used last at the end. */
    private final LinkedHashMap<Integer, TracedConnection> connections = new LinkedHashMap<>(64, 0.75f, true);
    private int created;
    /** Finished to make room. */
    int finishedEarly;

    /** @param finished hears of every connection that is not followed any further */
    ConnectionTable(int maxConnections, EntryBudget budget, Consumer<TracedConnection> finished) {
        this.maxConnections = maxConnections;
        this.budget = budget;
        this.finished = finished;
    }

    TracedSubflow find(Segment segment) {
        return flows.get(new FlowKey(segment.source, segment.destination, segment.encapsulated));
    }

    TracedConnection byToken(int token) {
        return byToken.get(token);
    }

    /** A token names this connection from now on. */
    void named(TracedConnection connection, int token) {
        byToken.put(token, connection);
    }

    void touch(TracedConnection connection) {
        connections.get(connection.number);
    }

    int created() {
        return created;
    }

    TracedConnection create(long timeNanos) {
        if (connections.size() >= maxConnections) {
            finishEldest(null);
        }
        TracedConnection connection = new TracedConnection(++created, timeNanos, budget);
        connections.put(connection.number, connection);
        return connection;
    }

    /** @return null when the connection has more of them than are followed */
    TracedSubflow open(TracedConnection connection, TracedSubflow.Origin origin, int openerSide, Segment first, boolean firstIsOfOpener) {
        if (connection.subflows().size() >= TracedConnection.MAX_SUBFLOWS) {
            connection.subflowsLeftOut++;
            return null;
        }
        touch(connection);
        while (flows.size() / 2 >= MAX_SUBFLOWS && connections.size() > 1) {
            finishEldest(connection);
        }
        TracedSubflow subflow = new TracedSubflow(connection, connection.subflows().size(), origin, openerSide, first, firstIsOfOpener, budget);
        connection.add(subflow);
        flows.put(new FlowKey(subflow.opener, subflow.other, subflow.encapsulated), subflow);
        flows.put(new FlowKey(subflow.other, subflow.opener, subflow.encapsulated), subflow);
        return subflow;
    }

    /** Its addresses and ports are of another from now on. */
    void unlink(TracedSubflow subflow) {
        flows.remove(new FlowKey(subflow.opener, subflow.other, subflow.encapsulated), subflow);
        flows.remove(new FlowKey(subflow.other, subflow.opener, subflow.encapsulated), subflow);
    }

    private void finishEldest(TracedConnection except) {
        for (TracedConnection connection : connections.values()) {
            if (connection != except) {
                finishedEarly++;
                finish(connection);
                return;
            }
        }
    }

    private void finish(TracedConnection connection) {
        connections.remove(connection.number);
        connection.subflows().forEach(this::unlink);
        for (int side = 0; side < 2; side++) {
            if (connection.isTokenKnown(side)) {
                byToken.remove(connection.token(side), connection);
            }
        }
        finished.accept(connection);
        connection.release();
    }

    /** The capture is at its end: all that are left, in the order they began. */
    void finishAll() {
        List<TracedConnection> left = new ArrayList<>(connections.values());
        left.sort((a, b) -> Integer.compare(a.number, b.number));
        left.forEach(this::finish);
    }
}
