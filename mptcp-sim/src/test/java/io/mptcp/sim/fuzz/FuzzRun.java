package io.mptcp.sim.fuzz;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.sim.MeshPathManager;
import io.mptcp.sim.Pattern;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;

/**
 * One seed: a client and a server whose applications do anything, over a wire that loses some packets, while a third party throws at both what
 * a {@link Mutator} makes of their packets. A friend, whose packets nobody touches, exchanges a stream with the server meanwhile. In the end
 * everything is closed, and what then is left is a leak.
 */
final class FuzzRun {
    private static final long MS = 1_000_000L;
    private static final int PORT = 5000;
    private static final int FRIENDS_PORT = 5001;
    private static final int CORPUS = 400;
    private static final int MAX_WILD = 8;
    /** Both take a sequence number without being payload. */
    private static final int SYN_AND_FIN = 2;
    private static final long FRIENDS_BYTES = 100_000;
    /** All timers of closing connections together. */
    private static final long QUIET_MILLIS = 3_600_000;

    private final Random random;
    private final boolean ipv6;
    private final FuzzHost client;
    private final FuzzHost server;
    private final FuzzHost friend;
    private final List<FuzzHost> hosts;
    private final Queue<FuzzPacket> wire = new ArrayDeque<>();
    private final List<FuzzPacket> corpus = new ArrayList<>();
    private final Mutator mutator;
    private final Pattern up = new Pattern(1);
    private final Pattern down = new Pattern(2);
    private final MemorySegment scratch = Arena.ofAuto().allocate(20_000, 8);
    private final String description;
    private final long maxBufferBytes;
    private final Map<MptcpConnection, Long> writtenBytes = new IdentityHashMap<>();
    private long nowNanos = 1_000_000 * MS;
    private int recorded;
    /** Nothing is lost any more. */
    private boolean calm;
    private int injected;
    private FuzzPacket last;

    FuzzRun(long seed) {
        random = new Random(seed);
        ipv6 = random.nextBoolean();
        boolean mptcp = random.nextInt(4) != 0;
        StackConfig config = StackConfig.defaults().withMptcp(mptcp).withChecksum(random.nextInt(3) == 0)
                .withCongestionControl(congestionControl(seed, random.nextBoolean()))
                .withTcp(TcpConfig.defaults().withRetries(2, 3)
                        .withTimestamps(random.nextInt(4) != 0).withSack(random.nextInt(4) != 0)
                        .withBuffers(1 << 12 + random.nextInt(7), 1 << 12 + random.nextInt(7)))
                .withLimits(Limits.defaults().toBuilder().maxRanges(2 + random.nextInt(60)).maxMappings(2 + random.nextInt(60))
                        .maxSubflows(2 + random.nextInt(6)).maxIcmpPerSecond(1 + random.nextInt(1_000))
                        .maxHalfOpen(random.nextInt(3) == 0 ? 4 : 1_024).maxTimeWait(random.nextInt(3) == 0 ? 2 : 1_024)
                        .maxBufferBytes(random.nextInt(3) == 0 ? 1 << 20 : 1 << 28).build());
        maxBufferBytes = config.limits().maxBufferBytes();
        description = (ipv6 ? "IPv6, " : "IPv4, ") + config;
        Limits few = config.limits().toBuilder().maxConnections(random.nextInt(4) == 0 ? 6 : 4_096).build();
        server = new FuzzHost("server", config.withLimits(few), random::nextLong, addresses(2), random.nextBoolean());
        List<IpAddress> clientAddresses = addresses(1);
        List<MeshPathManager.Route> routes = new ArrayList<>();
        for (int link = 0; link < FuzzHost.LINKS; link++) {
            routes.add(new MeshPathManager.Route(link, clientAddresses.get(link), server.addresses.get(link), false));
        }
        client = new FuzzHost("client", config.withPathManager(() -> new MeshPathManager(routes)), random::nextLong, clientAddresses,
                random.nextBoolean());
        friend = new FuzzHost("friend", StackConfig.defaults(), random::nextLong, addresses(3), false);
        hosts = List.of(client, server, friend);
        mutator = new Mutator(random, corpus, () -> recorded - 1);
    }

    /** Half of the runs have one of the two that are mostly used. */
    private static String congestionControl(long seed, boolean drawn) {
        List<String> all = CongestionControllers.names();
        return seed % 2 == 0 ? all.get((int) (seed / 2 % all.size())) : drawn ? "cubic" : "newreno";
    }

    private List<IpAddress> addresses(int host) {
        return List.of(IpAddress.parse((ipv6 ? "2001:db8:0::" : "10.0.0.") + host), IpAddress.parse((ipv6 ? "2001:db8:1::" : "10.0.1.") + host));
    }

    /** @throws AssertionError with everything needed to find out why */
    void run(int segments) {
        try {
            attack(segments);
            finish();
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            throw new AssertionError("after " + injected + " segments at " + nowNanos / MS + " ms, " + description + ": " + e
                    + "\nlast segment: " + last, e);
        }
    }

    private void attack(int segments) {
        server.friends.addAll(friend.addresses);
        server.listen(PORT, null);
        server.listen(FRIENDS_PORT, new FuzzHost.Orderly(down, up, FRIENDS_BYTES));
        FuzzHost.Orderly friends = new FuzzHost.Orderly(up, down, FRIENDS_BYTES);
        friend.connect(server, FRIENDS_PORT, friends);
        client.connect(server, PORT, null);
        settle(1);
        while (injected < segments) {
            if (client.wild.size() + server.wild.size() < MAX_WILD && random.nextInt(20) == 0) {
                client.wild.add(client.connect(server, PORT, null));
            }
            useConnections(client);
            useConnections(server);
            for (int burst = random.nextInt(8); burst >= 0 && injected < segments; burst--) {
                injected++;
                last = mutator.next();
                FuzzHost target = target(last);
                if (target != null) {
                    target.attack(nowNanos, last, target.linkOf(last));
                }
            }
            checkState(client);
            checkState(server);
            settle(random.nextInt(200) == 0 ? random.nextInt(100_000) : random.nextInt(10));
        }
        check(friend.stack.counters().get(Counter.InternalErrors) == 0, "the friend has an internal error");
        for (int i = 0; i < 600 && !friends.isDone(); i++) {
            settle(1_000);
        }
        check(friends.isDone(), "the friend's stream did not get through beside the attack: " + friends);
    }

    /** A packet to the friend is not what anybody can forge here. */
    private FuzzHost target(FuzzPacket packet) {
        return client.linkOf(packet) >= 0 ? client : server.linkOf(packet) >= 0 ? server : null;
    }

    private void useConnections(FuzzHost host) {
        if (host.wild.isEmpty()) {
            return;
        }
        MptcpConnection connection = host.wild.get(random.nextInt(host.wild.size()));
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> connection.read(scratch, 0, random.nextInt(20_000));
            case 6, 7, 8, 9, 10 -> {
                if (connection.writableBytes() > 0) {
                    int taken = connection.write(scratch, 0, 1 + random.nextInt(20_000));
                    writtenBytes.merge(connection, (long) taken, Long::sum);
                }
            }
            case 11 -> {
                if (random.nextInt(20) == 0) {
                    connection.shutdownOutput();
                }
            }
            case 12 -> {
                if (random.nextInt(20) == 0) {
                    connection.close();
                    host.wild.remove(connection);
                }
            }
            case 13 -> {
                if (random.nextInt(30) == 0) {
                    connection.abort();
                }
            }
            default -> {
            }
        }
        if (connection.isClosed() || host.wild.size() > 2 * MAX_WILD) {
            connection.abort();
            connection.close();
            host.wild.remove(connection);
        }
    }

    /** What must hold of every connection, whatever it has been sent. */
    private void checkState(FuzzHost host) {
        check(host.stack.bufferBytes() <= maxBufferBytes, "buffers of " + host.stack.bufferBytes() + " bytes");
        for (MptcpConnection c : host.wild) {
            check(c.bytesAcked() <= writtenBytes.getOrDefault(c, 0L), "acknowledged " + c.bytesAcked() + " bytes, written "
                    + writtenBytes.getOrDefault(c, 0L));
            check(c.unsentBytes() >= 0 && c.unacknowledgedBytes() >= 0 && c.readableBytes() >= 0 && c.writableBytes() >= 0, "negative count of bytes");
            for (SubflowInfo subflow : c.subflows()) {
                host.oracle.check(subflow);
                check(subflow.bytesAcked() <= subflow.bytesSent() && subflow.inFlightBytes() >= 0 && subflow.inFlightBytes() <= subflow.bytesSent() + SYN_AND_FIN
                        && subflow.cwndBytes() > 0 && subflow.srttNanos() >= 0 && subflow.rtoNanos() > 0 && subflow.mssBytes() > 0, subflow.toString());
            }
        }
    }

    /** Lets this much time pass, with everything that is due in it; packets take no time. */
    private void settle(long millis) {
        long end = nowNanos + millis * MS;
        int turns = 0;
        while (true) {
            deliver();
            long next = Long.MAX_VALUE;
            for (FuzzHost host : hosts) {
                next = Math.min(next, host.stack.deadlineNanos());
            }
            if (next > end) {
                nowNanos = end;
                return;
            }
            nowNanos = Math.max(nowNanos, next);
            check(++turns < 200_000, "timers fire without end");
        }
    }

    private void deliver() {
        for (int rounds = 0; ; rounds++) {
            for (FuzzHost host : hosts) {
                host.run(nowNanos, this::send);
            }
            if (wire.isEmpty()) {
                return;
            }
            check(rounds < 20_000, "the hosts answer each other without end");
            for (int count = wire.size(); count > 0; count--) {
                FuzzPacket packet = wire.remove();
                for (FuzzHost host : hosts) {
                    int link = host.linkOf(packet);
                    if (link >= 0) {
                        host.oracle.onReceived(packet);
                        host.receive(nowNanos, packet, link);
                    }
                }
            }
        }
    }

    private void send(FuzzPacket packet) {
        packet.verified = true; // the sender leaves the checksum to its link
        boolean friends = friend.linkOf(packet) >= 0 || friend.addresses.getFirst().lo() == packet.sourceLo
                && friend.addresses.getFirst().hi() == packet.sourceHi;
        if (!friends) {
            if (corpus.size() < CORPUS) {
                corpus.add(packet);
            } else {
                corpus.set(recorded % CORPUS, packet);
            }
            recorded++;
        }
        if (friends || calm || random.nextInt(25) != 0) {
            wire.add(packet);
        }
    }

    /** Everything is closed, and after all timers nothing is left; then both stacks still work. */
    private void finish() {
        for (FuzzHost host : List.of(client, server)) {
            while (!host.wild.isEmpty()) {
                MptcpConnection connection = host.wild.removeLast();
                connection.abort();
                connection.close();
            }
        }
        settle(QUIET_MILLIS);
        for (FuzzHost host : List.of(client, server)) { // what has been accepted since
            host.wild.forEach(MptcpConnection::abort);
            host.wild.clear();
        }
        settle(QUIET_MILLIS);
        hosts.forEach(FuzzRun::checkEmpty);

        calm = true; // with three retries (withRetries above) four losses in a row end a connection by rights: seed 3005 had them
        server.friends.addAll(client.addresses);
        server.listen(PORT + 2, new FuzzHost.Orderly(down, up, FRIENDS_BYTES));
        FuzzHost.Orderly after = new FuzzHost.Orderly(up, down, FRIENDS_BYTES);
        client.connect(server, PORT + 2, after);
        for (int i = 0; i < 600 && !after.isDone(); i++) {
            settle(1_000);
        }
        check(after.isDone(), "a connection after the attack does not get through: " + after);
        settle(QUIET_MILLIS);
        hosts.forEach(FuzzRun::checkEmpty);
        hosts.forEach(host -> host.stack.close());
    }

    private static void checkEmpty(FuzzHost host) {
        check(host.stack.counters().get(Counter.InternalErrors) == 0, host.name + " has internal errors");
        check(host.stack.connectionCount() == 0, host.name + " has " + host.stack.connectionCount() + " connections left");
        check(host.stack.synQueueSize() == 0, host.name + " has " + host.stack.synQueueSize() + " half-open connections left");
        check(host.stack.timeWaitCount() == 0, host.name + " has " + host.stack.timeWaitCount() + " 4-tuples in TIME-WAIT left");
        check(host.stack.bufferBytes() == 0, host.name + " has " + host.stack.bufferBytes() + " bytes of buffers left");
        check(host.stack.deadlineNanos() == Long.MAX_VALUE, host.name + " has a timer left");
    }

    private static void check(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
