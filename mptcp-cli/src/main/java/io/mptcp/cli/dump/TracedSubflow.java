package io.mptcp.cli.dump;

import io.mptcp.wire.IpEndpoint;

/** One subflow: who opened it, how its handshake went, and what each end sends. Sides are 0 for the connection's initiator, 1 for its listener. */
final class TracedSubflow {
    /** How it came to be. */
    enum Origin { MP_CAPABLE, MP_JOIN, UNSEEN }

    final TracedConnection connection;
    final int index;
    final Origin origin;
    /** Which side opened it. */
    final int openerSide;
    final IpEndpoint opener;
    final IpEndpoint other;
    final boolean encapsulated;
    final long firstTimeNanos;
    private final SubflowDirection[] directions;

    long lastTimeNanos;
    int syns;
    long synAckTimeNanos = -1;
    /** When the third ACK was seen. */
    long establishedTimeNanos = -1;
    boolean refused;
    /** Of MP_JOIN: by side of the connection. */
    final int[] nonces = new int[2];
    final boolean[] nonceKnown = new boolean[2];
    /** Address ids of MP_JOIN by side, -1 when unknown. */
    final int[] addressIds = {-1, -1};
    /** B bit of MP_JOIN or the last MP_PRIO, by the side that sent it. */
    final boolean[] backup = new boolean[2];

    TracedSubflow(TracedConnection connection, int index, Origin origin, int openerSide, Segment first, boolean firstIsOfOpener, EntryBudget budget) {
        this.connection = connection;
        this.index = index;
        this.origin = origin;
        this.openerSide = openerSide;
        this.opener = firstIsOfOpener ? first.source : first.destination;
        this.other = firstIsOfOpener ? first.destination : first.source;
        this.encapsulated = first.encapsulated;
        this.firstTimeNanos = first.timeNanos;
        this.lastTimeNanos = first.timeNanos;
        this.directions = new SubflowDirection[] {new SubflowDirection(budget), new SubflowDirection(budget)};
    }

    /** The side that sent a segment of this subflow. */
    int side(Segment segment) {
        return segment.source.equals(opener) ? openerSide : 1 - openerSide;
    }

    SubflowDirection from(int side) {
        return directions[side];
    }

    /** Whether it can carry nothing any more. */
    boolean isClosed() {
        return directions[0].rst || directions[1].rst || directions[0].fin && directions[1].fin;
    }

    IpEndpoint endpoint(int side) {
        return side == openerSide ? opener : other;
    }

    void release() {
        directions[0].release();
        directions[1].release();
    }
}
