package io.mptcp.sim;

import io.mptcp.sim.Topology.PathSpec;
import io.mptcp.sim.TransferApp.Ending;
import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.spi.PacketScheduler;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Limits;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import java.util.List;
import java.util.function.Function;

/**
 * One random configuration of everything for each seed. While it runs, nothing unsafe may happen; after some time the network is healed,
 * and then the transfer must end within a generous bound.
 */
public final class Swarm {
    /** Faults last this long at most; after that the network is clean and every path is up. */
    private static final double HEAL_SECONDS = 60;
    /** A healed network has this much time to finish: far more than any back-off of a timer. */
    private static final double LIVENESS_SECONDS = 1_500;
    private static final int MAX_PATHS = 4;
    /** One a path, and one that the peer does not know to be dead for each outage. */
    private static final int MAX_SUBFLOWS = 32;
    private static final int MAX_STREAM_BYTES = 2 << 20;
    private static final int MIN_BUFFER_BYTES = 4 << 10;
    private static final int MAX_BUFFER_BYTES = 8 << 20;

    private final long seed;
    private static final int MAX_OTHERS = 3;
    /** One of so many seeds has BBR, and one coupled control. */
    private static final int RARE_EVERY = 8;
    private static final List<String> COUPLED = List.of("lia", "olia", "balia");
    /** A peer that is cut off without a word is not waited for longer than the network takes to heal. */
    private static final SocketOptions KEEP_ALIVE = SocketOptions.DEFAULT.toBuilder().keepAlive(true).keepAliveIdleSeconds(90)
            .keepAliveIntervalSeconds(20).keepAliveProbes(6).build();

    private final SeededRandom random;
    /** For what was added later: the seeds keep their networks. */
    private final SeededRandom more;
    private final SeededRandom evenMore;
    private final SeededRandom yetMore;
    private final StringBuilder description = new StringBuilder();

    private Swarm(long seed) {
        this.seed = seed;
        this.random = new SeededRandom(SeededRandom.mix(seed));
        this.more = new SeededRandom(SeededRandom.mix(~seed));
        this.evenMore = new SeededRandom(SeededRandom.mix(seed ^ 0x5bd1_e995L << 32));
        this.yetMore = new SeededRandom(SeededRandom.mix(seed ^ 0x27d4_eb2fL << 32));
    }

    /**
     * Runs one seed.
     *
     * @param schedulers    named schedulers to choose from besides the built-in one and {@link RandomScheduler}
     * @param replayCommand makes the command that repeats a seed
     * @throws SimulationFailure if anything is wrong
     */
    public static Report run(long seed, List<Function<SeededRandom, PacketScheduler>> schedulers, Function<Long, String> replayCommand) {
        return new Swarm(seed).run(schedulers, replayCommand);
    }

    private Report run(List<Function<SeededRandom, PacketScheduler>> schedulers, Function<Long, String> replayCommand) {
        Scenario scenario = new Scenario(seed);
        scenario.simulation().replayWith(replayCommand.apply(seed));
        int paths = 1 + random.nextInt(MAX_PATHS);
        for (int i = 0; i < paths; i++) {
            scenario.path(randomPath(i));
        }
        scenario.ipv6(random.chance(0.3)).gather(random.chance(0.5));
        StackConfig clientConfig = randomConfig("client");
        StackConfig serverConfig = randomConfig("server");
        scenario.clientConfig(clientConfig).serverConfig(serverConfig);
        scenario.clientOptions(randomOptions("client", schedulers)).serverOptions(randomOptions("server", schedulers));
        long up = randomSize();
        long down = randomSize();
        Ending clientEnding = randomEnding();
        Ending serverEnding = clientEnding == Ending.SHUTDOWN_AFTER_PEER ? Ending.SHUTDOWN_WHEN_WRITTEN : randomEnding();
        scenario.plans(randomPlan("client", up, down, clientEnding), randomPlan("server", down, up, serverEnding));
        scheduleOutages(scenario, paths);
        SwarmBoxes boxes = new SwarmBoxes(scenario, evenMore, HEAL_SECONDS, this::note);
        boxes.add();
        addMiddleboxes(scenario, paths, boxes);
        addDamage(scenario, paths); // behind all boxes: they would make the checksum right again
        addConnections(scenario);
        breakOff(scenario);
        handOver(scenario);
        SwarmVerdict verdict = new SwarmVerdict(scenario, boxes, clientConfig.checksum() || serverConfig.checksum());
        scenario.simulation().describe(description.toString());
        scenario.at(HEAL_SECONDS, () -> scenario.topology().paths().forEach(SimPath::heal));
        Report report = scenario.runUntilOver(HEAL_SECONDS + LIVENESS_SECONDS);
        verdict.check();
        scenario.runUntilQuiet();
        verdict.checkReleased();
        return report;
    }

    private PathSpec randomPath(int id) {
        LinkSpec up = randomLink();
        LinkSpec down = random.chance(0.5) ? randomLink() : up;
        boolean backup = id > 0 && random.chance(0.1);
        PathSpec path = new PathSpec(up, down, backup, 1 + random.nextInt(4));
        note("path " + id + (backup ? " backup" : "") + " up", up.describe());
        note("path " + id + " down", down.describe());
        return path;
    }

    private LinkSpec randomLink() {
        LinkSpec link = LinkSpec.of(random.betweenLogarithmic(1, 200), random.betweenLogarithmic(1, 200));
        if (random.chance(0.3)) {
            link = link.withLoss(random.nextDouble() * 0.05);
        }
        if (random.chance(0.3)) {
            link = link.withReorder(random.nextDouble() * 0.1, random.betweenLogarithmic(1, 100));
        }
        if (random.chance(0.2)) {
            link = link.withDuplicate(random.nextDouble() * 0.05);
        }
        if (random.chance(0.3)) {
            link = link.withJitter(random.betweenLogarithmic(1, 50));
        }
        if (random.chance(0.3)) {
            link = link.withQueue(random.betweenLogarithmic(3_000, 1_000_000));
        }
        if (random.chance(0.2)) {
            link = link.withQueue(Math.max(link.queueBytes(), 20_000)).withMtu((int) random.between(1280, 9000));
        }
        if (random.chance(0.5)) {
            link = link.withSuperSegments((int) random.between(2_000, 65_000));
        }
        if (random.chance(0.3)) {
            link = link.withMerging(random.nextDouble() * 2);
        }
        return link.withBackPressure(random.chance(0.2));
    }

    private StackConfig randomConfig(String side) {
        TcpConfig tcp = TcpConfig.defaults()
                .withBuffers((int) random.betweenLogarithmic(MIN_BUFFER_BYTES, MAX_BUFFER_BYTES),
                        (int) random.betweenLogarithmic(MIN_BUFFER_BYTES, MAX_BUFFER_BYTES))
                .withTimestamps(random.chance(0.8))
                .withSack(random.chance(0.8))
                // Outages must not outlast a SYN or a connection: whether giving up is right is another question than whether it lives.
                .withRetries(10, 15);
        Limits defaults = Limits.defaults();
        Limits limits = random.chance(0.5) ? defaults
                : defaults.toBuilder().maxSubflows(MAX_SUBFLOWS).maxRanges((int) random.between(2, 64))
                        .maxMappings((int) random.between(2, 64)).build();
        StackConfig config = StackConfig.defaults()
                .withLimits(limits)
                .withTcp(tcp)
                .withMptcp(random.chance(0.9))
                .withChecksum(random.chance(0.3))
                .withCongestionControl(randomCongestionControl());
        note(side, "mptcp " + config.mptcp() + ", checksum " + config.checksum() + ", " + config.congestionControl() + ", " + tcp + ", " + limits);
        return config;
    }

    private String randomCongestionControl() {
        String drawn = random.chance(0.8) ? "cubic" : "newreno";
        return switch ((int) (seed % RARE_EVERY)) { // the others keep their networks
            case 0 -> "bbr";
            case 1 -> COUPLED.get((int) (seed / RARE_EVERY % COUPLED.size()));
            default -> drawn;
        };
    }

    private ConnectOptions randomOptions(String side, List<Function<SeededRandom, PacketScheduler>> schedulers) {
        int choice = random.nextInt(schedulers.size() + 2);
        PacketScheduler scheduler = switch (choice) {
            case 0 -> null;
            case 1 -> new RandomScheduler(random.fork());
            default -> schedulers.get(choice - 2).apply(random.fork());
        };
        note(side + " scheduler", scheduler == null ? "built-in" : scheduler.name());
        // One for each connection.
        return ConnectOptions.DEFAULT.withSocket(KEEP_ALIVE).withScheduler(scheduler == null ? null
                : choice == 1 ? () -> new RandomScheduler(more.fork()) : () -> schedulers.get(choice - 2).apply(more.fork()));
    }

    private long randomSize() {
        return switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> 1 + random.nextInt(3_000);
            default -> random.betweenLogarithmic(1, MAX_STREAM_BYTES);
        };
    }

    private Ending randomEnding() {
        boolean last = random.chance(0.3);
        return evenMore.chance(0.15) ? Ending.CLOSE_WHEN_DONE : last ? Ending.SHUTDOWN_AFTER_PEER : Ending.SHUTDOWN_WHEN_WRITTEN;
    }

    private Plan randomPlan(String side, long send, long receive, Ending ending) {
        Plan plan = Plan.of(send, receive).ending(ending);
        if (random.chance(0.2)) {
            plan = plan.writing((int) Math.max(1, send / (1 + random.nextInt(100))), random.nextDouble() * 50);
        }
        if (random.chance(0.2)) {
            plan = plan.reading((int) Math.max(1, receive / (1 + random.nextInt(100))), random.nextDouble() * 50);
        }
        if (random.chance(0.1)) {
            plan = plan.readingAfter(random.nextDouble() * 5_000);
        }
        note(side + " plan", plan.toString());
        return plan;
    }

    /** Outages of single paths, anywhere in the first seconds, some long; sometimes the client's interface is seen to go down. */
    private void scheduleOutages(Scenario scenario, int paths) {
        for (int i = 0; i < paths; i++) {
            for (int outages = random.chance(0.3) ? 1 + random.nextInt(3) : 0; outages > 0; outages--) {
                double start = random.nextDouble() * 10;
                double end = start + random.betweenLogarithmic(1, 20_000) / 1e3;
                boolean carrier = random.chance(0.3);
                int path = i;
                boolean atServer = carrier && more.chance(0.5);
                note("outage", "path " + path + " " + start + ".." + end + " s" + (carrier ? ", carrier lost" : "") + (atServer ? " at the server" : ""));
                scenario.at(start, () -> set(scenario.path(path), carrier, atServer, false));
                scenario.at(end, () -> set(scenario.path(path), carrier, atServer, true));
            }
        }
    }

    /** Boxes that take options away from the first packet on; after one on the only path that began later there is no way to go on. */
    private void addMiddleboxes(Scenario scenario, int paths, SwarmBoxes boxes) {
        for (int i = 0; i < paths; i++) {
            if (random.chance(0.9)) {
                continue;
            }
            int kind = random.nextInt(5);
            boxes.noteOther(i);
            boolean up = kind == 0 || kind != 1 && random.chance(0.7);
            boolean down = kind == 1 || kind != 0 && random.chance(0.7);
            note("middlebox", "path " + i + " kind " + kind + (up ? " up" : "") + (down ? " down" : ""));
            if (up) {
                scenario.path(i).up().add(middlebox(kind));
            }
            if (down) {
                scenario.path(i).down().add(middlebox(kind));
            }
        }
    }

    /** Bits that change on the way, until the network is healed. */
    private void addDamage(Scenario scenario, int paths) {
        for (int i = 0; i < paths; i++) {
            if (more.chance(0.8)) {
                continue;
            }
            double probability = more.nextDouble() * 0.02;
            note("damage", "path " + i + " " + probability);
            for (SimLink link : List.of(scenario.path(i).up(), scenario.path(i).down())) {
                SeededRandom dice = more.fork();
                link.add(Middleboxes.damage(dice, packet -> scenario.simulation().nowNanos() < HEAL_SECONDS * 1e9 && dice.chance(probability)));
            }
        }
    }

    /** Connections beside the first one, over the same paths. */
    private void addConnections(Scenario scenario) {
        for (int count = more.chance(0.3) ? 1 + more.nextInt(MAX_OTHERS) : 0; count > 0; count--) {
            double start = more.nextDouble() * 5;
            long up = more.betweenLogarithmic(1, MAX_STREAM_BYTES / 4);
            long down = more.betweenLogarithmic(1, MAX_STREAM_BYTES / 4);
            note("another connection", "at " + start + " s, " + up + " bytes up, " + down + " down");
            scenario.another(start, Plan.of(up, down), Plan.of(down, up));
        }
    }

    /** Applications that end a connection in the middle of it, on either side, at once or after everything written. */
    private void breakOff(Scenario scenario) {
        for (Scenario.Pair pair : scenario.pairs()) {
            for (TransferApp app : List.of(pair.client(), pair.server())) {
                if (evenMore.chance(0.08)) {
                    double seconds = evenMore.betweenLogarithmic(1, 10_000) / 1e3;
                    boolean abort = evenMore.chance(0.5);
                    note("broken off", (app == pair.client() ? "client" : "server") + " of connection " + scenario.pairs().indexOf(pair) + " at "
                            + seconds + " s, by " + (abort ? "abort" : "close"));
                    scenario.at(seconds, () -> app.breakOff(abort));
                }
            }
        }
    }

    /** Applications that hand their memory over instead of having it copied. */
    private void handOver(Scenario scenario) {
        for (Scenario.Pair pair : scenario.pairs()) {
            for (TransferApp app : List.of(pair.client(), pair.server())) {
                if (yetMore.chance(0.3)) {
                    note("handed over", "by the " + (app == pair.client() ? "client" : "server") + " of connection " + scenario.pairs().indexOf(pair));
                    app.handOverMemory();
                }
            }
        }
    }

    private static Middlebox middlebox(int kind) {
        return switch (kind) {
            case 0 -> Middleboxes.stripMptcp(Middleboxes::isSyn);
            case 1 -> Middleboxes.stripMptcp(Middleboxes::isSynAck);
            case 2 -> Middleboxes.stripMptcp(Middleboxes::isNotSyn);
            case 3 -> Middleboxes.stripMptcp(packet -> true);
            default -> Middleboxes.dropMptcp(Middleboxes::isSyn);
        };
    }

    private static void set(SimPath path, boolean carrier, boolean atServer, boolean up) {
        if (atServer) {
            path.setServerCarrier(up);
        } else if (carrier) {
            path.setCarrier(up);
        } else {
            path.setPassing(up);
        }
    }

    private void note(String what, String value) {
        description.append(what).append(": ").append(value).append('\n');
    }
}
