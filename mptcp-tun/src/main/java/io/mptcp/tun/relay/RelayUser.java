package io.mptcp.tun.relay;

import io.mptcp.pm.QuotaMeter;
import io.mptcp.tun.stream.ChannelJoin;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZonedDateTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Somebody who may use the relay, and what he does with it. Any thread. */
final class RelayUser {
    /** A client has one; each may have as many sockets as {@link DatagramSession#MAX_FLOWS}. */
    private static final int MAX_SESSIONS = 4;
    /** Datagrams cannot be made to wait at their sender: beyond this they are dropped, as by any queue of that length. */
    static final long MOST_OWED_BY_DATAGRAMS_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** Where bytes go. */
    enum Way {
        TO_DESTINATION, TO_CLIENT
    }

    private final String name;
    private final TokenBucket[] buckets = {new TokenBucket(), new TokenBucket()};
    private final long[] carriedBytes = new long[Way.values().length];
    private final Set<Channel> channels = new LinkedHashSet<>();
    private final NameLookup lookup = new NameLookup();
    private RelayConfig.User configured;
    /** Null without a quota. */
    private QuotaMeter meter;
    private int sessions;
    private long accepted;
    private long refused;
    private long waits;
    private long droppedDatagrams;

    RelayUser(RelayConfig.User configured, ZonedDateTime now) {
        this.name = configured.name();
        configure(configured, now);
    }

    /** Another token or limits. Rate and quota are for connections that are there, too; what has been used of a quota in this period counts. */
    synchronized void configure(RelayConfig.User changed, ZonedDateTime now) {
        configured = changed;
        for (TokenBucket bucket : buckets) {
            bucket.setRate(changed.rate());
        }
        if (changed.quota() == null) {
            meter = null;
        } else if (meter == null) {
            meter = new QuotaMeter(changed.quota(), now, totalBytes());
        } else if (!changed.quota().equals(meter.quota())) {
            meter = meter.withQuota(changed.quota(), now);
        }
    }

    String name() {
        return name;
    }

    synchronized String token() {
        return configured.token();
    }

    /**
     * Whether this is his token. Nobody's takes as long, and so does any that is wrong.
     *
     * @param known null for a name that is nobody's
     */
    static boolean proves(RelayUser known, String token) {
        return MessageDigest.isEqual(hash(token), hash(known == null ? "nobody's token" : known.token())) && known != null;
    }

    /** Of one length, whatever that of the token. */
    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every platform has it
        }
    }

    // ---- connections ----

    /** @return null when there is room for one more; then {@link #left} has to be called for it */
    synchronized Refusal enters(Channel client) {
        if (channels.size() >= configured.connections()) {
            refused++;
            return Refusal.USER_FULL;
        }
        if (meter != null && meter.isReached()) {
            refused++;
            return Refusal.QUOTA_USED_UP;
        }
        channels.add(client);
        accepted++;
        return null;
    }

    /** As {@link #enters}, for a session of datagrams; then {@link #leftSession} has to be called, too. */
    synchronized Refusal entersSession(Channel client) {
        if (sessions >= MAX_SESSIONS) {
            return Refusal.USER_FULL;
        }
        Refusal refusal = enters(client);
        sessions += refusal == null ? 1 : 0;
        return refusal;
    }

    synchronized void leftSession() {
        sessions--;
    }

    synchronized void left(Channel client) {
        channels.remove(client);
    }

    /** What he asks for by name. */
    NameLookup lookup() {
        return lookup;
    }

    // ---- bytes ----

    /** One of his connections, of which every byte counts. */
    ChannelJoin join(SocketChannel client, SocketChannel destination) {
        return new ChannelJoin(client, destination, meter(Way.TO_DESTINATION, client), meter(Way.TO_CLIENT, client), () -> { });
    }

    private ChannelJoin.Meter meter(Way way, SocketChannel client) {
        return bytes -> carry(way, bytes, client.eventLoop().ticker().nanoTime());
    }

    /** Bytes of a stream that have been read. @return nanoseconds for which nothing more is to be read, 0 for none */
    synchronized long carry(Way way, long bytes, long nowNanos) {
        carriedBytes[way.ordinal()] += bytes;
        long waitNanos = buckets[way.ordinal()].take(bytes, nowNanos);
        waits += waitNanos > 0 ? 1 : 0;
        return waitNanos;
    }

    /** An IP packet of a session of datagrams. @return whether it may go on */
    synchronized boolean carryDatagram(Way way, long bytes, long nowNanos) {
        if (!buckets[way.ordinal()].tryTake(bytes, MOST_OWED_BY_DATAGRAMS_NANOS, nowNanos)) {
            droppedDatagrams++;
            return false;
        }
        carriedBytes[way.ordinal()] += bytes;
        return true;
    }

    private long totalBytes() {
        return carriedBytes[0] + carriedBytes[1];
    }

    /** To be called every second. @return why his connections are to be ended, in words, when his quota has just been used up; else null */
    synchronized String updateQuota(ZonedDateTime now) {
        boolean changed = meter != null && meter.update(now, totalBytes());
        return changed && meter.isReached() ? "user " + name + ": quota of " + meter.quota() + " used up, until " + meter.endsAt().toLocalDate() : null;
    }

    /** Those of his connections that there are. */
    synchronized List<Channel> channels() {
        return List.copyOf(channels);
    }

    // ---- reports ----

    /**
     * At one moment.
     *
     * @param rate             as configured, null for any
     * @param waits            how often reading was held up for it
     * @param droppedDatagrams for it, too
     * @param quota            as configured, null for any
     * @param quotaUsedBytes   in this period
     */
    record Use(String name, int active, long accepted, long refused, long sentBytes, long receivedBytes, String rate, long waits, long droppedDatagrams,
               String quota, long quotaUsedBytes) {
    }

    synchronized Use use() {
        return new Use(name(), channels.size(), accepted, refused, carriedBytes[Way.TO_DESTINATION.ordinal()], carriedBytes[Way.TO_CLIENT.ordinal()],
                Objects.toString(configured.rate(), null), waits, droppedDatagrams, meter == null ? null : meter.quota().toString(),
                meter == null ? 0 : meter.usedBytes());
    }
}
