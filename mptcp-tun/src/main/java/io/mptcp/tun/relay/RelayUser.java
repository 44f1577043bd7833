package io.mptcp.tun.relay;

/** Somebody who may use the relay, and what he does with it. Any thread. */
final class RelayUser {
    private final RelayConfig.User configured;
    private int active;
    private long accepted;
    private long refused;
    private long sentBytes;
    private long receivedBytes;

    RelayUser(RelayConfig.User configured) {
        this.configured = configured;
    }

    String name() {
        return configured.name();
    }

    String token() {
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
