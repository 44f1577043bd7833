package io.mptcp.tun.relay;

/** Somebody who may use the relay, and what he does with it. Any thread. */
final class RelayUser {
    /** A client has one; each may have as many sockets as {@link DatagramSession#MAX_FLOWS}. */
    private static final int MAX_SESSIONS = 4;

    private final String name;
    private RelayConfig.User configured;
    private int active;
    private int sessions;
    private long accepted;
    private long refused;
    private long sentBytes;
    private long receivedBytes;

    RelayUser(RelayConfig.User configured) {
        this.name = configured.name();
        this.configured = configured;
    }

    /** Another token or limit, for connections that come from now on. */
    synchronized void configure(RelayConfig.User changed) {
        configured = changed;
    }

    String name() {
        return name;
    }

    synchronized String token() {
        return configured.token();
    }

    /** @return whether there is room for one more; then {@link #left} has to be called for it */
    synchronized boolean enters() {
        if (active >= configured.connections()) {
            refused++;
            return false;
        }
        active++;
        accepted++;
        return true;
    }

    /** As {@link #enters}, for a session of datagrams; then {@link #leftSession} has to be called, too. */
    synchronized boolean entersSession() {
        if (sessions >= MAX_SESSIONS || !enters()) {
            return false;
        }
        sessions++;
        return true;
    }

    synchronized void leftSession() {
        sessions--;
    }

    synchronized void left(long toDestinationBytes, long toClientBytes) {
        active--;
        sentBytes += toDestinationBytes;
        receivedBytes += toClientBytes;
    }

    /** At one moment. */
    record Use(String name, int active, long accepted, long refused, long sentBytes, long receivedBytes) {
    }

    synchronized Use use() {
        return new Use(name(), active, accepted, refused, sentBytes, receivedBytes);
    }
}
