package io.mptcp.sim;

import io.mptcp.wire.IpAddress;

/** A path between two hosts: two links, and the address each side has on it. */
public final class SimPath {
    private final int id;
    private final Host client;
    private final Host server;
    private final IpAddress clientAddress;
    private final IpAddress serverAddress;
    private final SimLink up;
    private final SimLink down;

    SimPath(int id, Host client, Host server, IpAddress clientAddress, IpAddress serverAddress, SimLink up, SimLink down) {
        this.id = id;
        this.client = client;
        this.server = server;
        this.clientAddress = clientAddress;
        this.serverAddress = serverAddress;
        this.up = up;
        this.down = down;
    }

    /** Number of the path, and of its link on both hosts. */
    public int id() {
        return id;
    }

    public IpAddress clientAddress() {
        return clientAddress;
    }

    public IpAddress serverAddress() {
        return serverAddress;
    }

    /** From client to server. */
    public SimLink up() {
        return up;
    }

    /** From server to client. */
    public SimLink down() {
        return down;
    }

    /** Makes both directions a black hole, or ends that. The hosts are not told. */
    public void setPassing(boolean passing) {
        up.setUp(passing);
        down.setUp(passing);
    }

    /** What a pulled cable does: a black hole, and the client is told that its interface has no carrier (or has it again). */
    public void setCarrier(boolean carrier) {
        setPassing(carrier);
        client.stack().setLinkUp(id, carrier);
        client.wake();
    }

    /** The same at the server's end: it is the one that is told. */
    public void setServerCarrier(boolean carrier) {
        setPassing(carrier);
        server.stack().setLinkUp(id, carrier);
        server.wake();
    }

    /** Takes all faults away: the way a network looks in the end. Middleboxes stay: they are no fault that passes. */
    public void heal() {
        setPassing(true);
        for (SimLink link : new SimLink[] {up, down}) {
            link.setSpec(link.spec().healed());
        }
    }

    /** Payload that has arrived over this path, in both directions, retransmissions included. */
    public long payloadBytesDelivered() {
        return up.statistics().payloadBytesDelivered + down.statistics().payloadBytesDelivered;
    }
}
