package io.mptcp.sim;

import io.mptcp.sim.Middleboxes.OptionsOn;
import io.mptcp.wire.PacketSlot;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The middleboxes of one seed of a {@link Swarm}: every kind there is, anywhere, from the start or from some moment on, for good or for a while. */
final class SwarmBoxes {
    private static final double CHANCE = 0.12;
    private static final double LATEST_START_SECONDS = 3;

    /** What a box may do to a connection that has no other path. */
    enum Harm {
        /** Nothing but to its speed. */
        NONE,
        /** Multipath TCP may not get through any more, and where TCP is no way on that is the end. */
        MPTCP,
        /** Even a plain TCP connection may be cut. */
        TCP,
        /** What the application reads may differ where no checksum can tell. */
        CONTENT
    }

    private enum Kind {
        ISN(Harm.NONE), NAT(Harm.NONE), SPLIT(Harm.NONE), SPLIT_WITH_OPTIONS(Harm.NONE), REPEAT_OPTIONS(Harm.NONE), UNKNOWN_OPTION(Harm.NONE),
        REVERSE_OPTIONS(Harm.NONE), SHRINK_WINDOW(Harm.NONE), PROXY_WITH_OPTIONS(Harm.NONE), NORMALISER(Harm.NONE),
        SPLIT_OPTIONS_LAST(Harm.MPTCP), COALESCE(Harm.MPTCP), PROXY(Harm.MPTCP), STRIP(Harm.MPTCP), STRIP_SOME(Harm.MPTCP), DROP_MPTCP(Harm.MPTCP),
        REBIND(Harm.TCP), PAYLOAD(Harm.CONTENT);

        final Harm harm;

        Kind(Harm harm) {
            this.harm = harm;
        }
    }

    /** Boxes with a memory of both directions: of these one a path, as another would have to stand in the opposite order on the way back. */
    private static final Set<Kind> TWO_WAY = EnumSet.of(Kind.ISN, Kind.NAT, Kind.REBIND, Kind.PROXY, Kind.PROXY_WITH_OPTIONS);

    private final Scenario scenario;
    private final SeededRandom random;
    private final double healSeconds;
    private final BiConsumer<String, String> note;
    private boolean proxied;
    private final List<Harm> worst = new ArrayList<>();
    private final BitSet others = new BitSet();

    /** @param healSeconds most boxes are gone by then, the others stay */
    SwarmBoxes(Scenario scenario, SeededRandom random, double healSeconds, BiConsumer<String, String> note) {
        this.scenario = scenario;
        this.random = random;
        this.healSeconds = healSeconds;
        this.note = note;
    }

    void add() {
        for (int path = 0; path < scenario.topology().paths().size(); path++) {
            worst.add(Harm.NONE);
            boolean hasTwoWay = false;
            while (random.chance(CHANCE)) {
                Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
                if (hasTwoWay && TWO_WAY.contains(kind)) {
                    continue;
                }
                hasTwoWay |= TWO_WAY.contains(kind);
                worst.set(path, kind.harm.compareTo(worst.get(path)) > 0 ? kind.harm : worst.get(path));
                proxied |= kind == Kind.PROXY;
                install(kind, path);
            }
        }
    }

    /** Whether something can happen on any path that does this much harm. */
    boolean mayDo(Harm harm) {
        return worst.stream().anyMatch(it -> it.compareTo(harm) >= 0);
    }

    /** There is something on this path from the first packet on that makes TCP of a connection, or of a join nothing. */
    void noteOther(int path) {
        others.set(path);
    }

    /** Whether there is a path without harm. */
    boolean hasGoodPath() {
        for (int i = 0; i < worst.size(); i++) {
            if (worst.get(i) == Harm.NONE && !others.get(i)) {
                return true;
            }
        }
        return false;
    }

    /** Whether nobody acknowledges but who has received. */
    boolean isTruthful() {
        return !proxied;
    }

    private void install(Kind kind, int path) {
        SimPath on = scenario.path(path);
        StringBuilder how = new StringBuilder("path " + path + " " + kind);
        switch (kind) {
            case ISN -> PathBoxes.randomiseIsn(on, (int) random.nextLong());
            case NAT -> PathBoxes.nat(on);
            case REBIND -> rebind(on, how);
            case PROXY -> AcknowledgingProxy.install(on, false);
            case PROXY_WITH_OPTIONS -> AcknowledgingProxy.install(on, true);
            case NORMALISER -> Middleboxes.normalise(scenario.simulation(), random.chance(0.5) ? on.up() : on.down());
            default -> oneWay(kind, on, how);
        }
        note.accept("middlebox", how.toString());
    }

    private void rebind(SimPath path, StringBuilder how) {
        PathBoxes.Nat nat = PathBoxes.nat(path);
        for (int count = 1 + random.nextInt(3); count > 0; count--) {
            double seconds = random.nextDouble() * LATEST_START_SECONDS;
            how.append(" at ").append(seconds).append(" s");
            scenario.at(seconds, nat::rebind);
        }
    }

    private void oneWay(Kind kind, SimPath path, StringBuilder how) {
        boolean up = random.chance(0.7);
        boolean down = !up || random.chance(0.6);
        double start = random.chance(0.4) ? 0 : random.nextDouble() * LATEST_START_SECONDS;
        double end = random.chance(0.3) ? start + random.nextDouble() * LATEST_START_SECONDS
                : kind == Kind.PAYLOAD || kind == Kind.SHRINK_WINDOW || random.chance(0.5) ? healSeconds : Double.MAX_VALUE;
        Supplier<Middlebox> box = box(kind, how);
        how.append(up ? " up" : "").append(down ? " down" : "").append(" from ").append(start).append(" s to ").append(end).append(" s");
        if (up) {
            path.up().add(during(start, end, box.get()));
        }
        if (down) {
            path.down().add(during(start, end, box.get()));
        }
    }

    private Supplier<Middlebox> box(Kind kind, StringBuilder how) {
        int bytes = (int) random.betweenLogarithmic(100, 1400);
        Predicate<PacketSlot> some = random.chance(0.5) ? packet -> true : Middleboxes::isNotSyn;
        int mtuBytes = 1280; // fits every path
        how.append(' ').append(bytes);
        return switch (kind) {
            case SPLIT -> () -> Middleboxes.split(bytes, OptionsOn.FIRST);
            case SPLIT_WITH_OPTIONS -> () -> Middleboxes.split(bytes, OptionsOn.ALL);
            case SPLIT_OPTIONS_LAST -> () -> Middleboxes.split(bytes, OptionsOn.LAST);
            case REPEAT_OPTIONS -> () -> Middleboxes.duplicateMptcp(mtuBytes);
            case UNKNOWN_OPTION -> () -> Middleboxes.insertUnknownOption(mtuBytes);
            case REVERSE_OPTIONS -> Middleboxes::reverseOptions;
            case SHRINK_WINDOW -> () -> Middleboxes.clampWindow(0xffff, random.nextInt(500), random.nextInt(50), 0xffff, random.nextInt(5));
            case COALESCE -> () -> Middleboxes.coalesce(bytes);
            case STRIP -> () -> Middleboxes.stripMptcp(some);
            case STRIP_SOME -> () -> {
                SeededRandom dice = random.fork();
                return Middleboxes.stripMptcp(packet -> some.test(packet) && dice.chance(0.1));
            };
            case DROP_MPTCP -> () -> Middleboxes.dropMptcp(some);
            default -> () -> Middleboxes.changePayloadWithoutCancelling(1 + bytes / 20);
        };
    }

    private Middlebox during(double startSeconds, double endSeconds, Middlebox box) {
        return (Middlebox.Active) (packet, exits) -> {
            double seconds = scenario.simulation().nowNanos() / 1e9;
            if (seconds >= startSeconds && seconds < endSeconds) {
                box.handle(packet, exits);
            } else {
                exits.pass(packet);
            }
        };
    }
}
