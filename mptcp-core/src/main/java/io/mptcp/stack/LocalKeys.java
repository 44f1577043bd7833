package io.mptcp.stack;

import io.mptcp.spi.RandomSource;

/** The keys this side has drawn, and the connections by the tokens that follow from them (RFC 8684 sections 3.1 and 3.2). */
final class LocalKeys {
    private final Keys keys;
    private final RandomSource random;
    private final SynQueue synQueue;
    private final TokenShard shard;
    private final TokenTable<Connection> tokens = new TokenTable<>();

    /** @param synQueue half-open connections, which have tokens too */
    LocalKeys(Keys keys, RandomSource random, SynQueue synQueue, TokenShard shard) {
        this.keys = keys;
        this.random = random;
        this.synQueue = synQueue;
        this.shard = shard;
    }

    /** A key whose token is unique among this host's connections, half-open ones included (section 3.1). */
    long draw() {
        while (true) {
            long key = random.nextLong();
            int token = keys.token(key);
            if (key != 0 && token != 0 && shard.owns(token) && !isTaken(token)) {
                return key;
            }
        }
    }

    void draw(Connection connection) {
        assign(connection, draw());
    }

    void assign(Connection connection, long key) {
        connection.data().sequence.setLocalKey(key);
        tokens.put(connection.data().sequence.localToken(), connection);
    }

    boolean isTaken(int token) {
        return tokens.contains(token) || synQueue.hasToken(token);
    }

    /** The connection a token names, or null. */
    Connection connection(int token) {
        return tokens.get(token);
    }

    int count() {
        return tokens.size();
    }

    void forget(Connection connection) {
        int token = connection.data().sequence.localToken();
        if (tokens.get(token) == connection) {
            tokens.remove(token);
        }
    }
}
