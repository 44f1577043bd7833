package io.mptcp.cli.testport;

import io.mptcp.sim.SeededRandom;
import io.mptcp.sim.socket.Call;
import io.mptcp.sim.socket.EmittedPacket;
import io.mptcp.sim.socket.Outcome;
import io.mptcp.sim.socket.Sockets;
import io.mptcp.sim.socket.VirtualHost;
import io.mptcp.stack.Counter;
import io.mptcp.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * One client's stack and its clock. The stack is made by the first request that needs it, so that commands may configure it before. It
 * lives on a thread of its own, on which its client's threads and the commands come one at a time.
 */
final class Session {
    static final int IPV4_MTU_BYTES = 1500;
    static final int IPV6_MTU_BYTES = 1520;
    /** How far ahead a timer may lie for a client that waits for a packet. */
    private static final long IDLE_NANOS = 600_000_000_000L;
    /** The stack's clock begins here: a time before all others must be possible. */
    private static final long FIRST_NANOS = 1_000_000_000_000L;

    private final long id;
    private final long originMicros;
    private final Settings settings;
    private final ExecutorService owner = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("testport-session").factory());
    private VirtualHost host;
    private Sockets sockets;

    Session(long id, long nowMicros, Settings settings) {
        this.id = id;
        originMicros = nowMicros;
        this.settings = settings;
    }

    long id() {
        return id;
    }

    Settings settings() {
        return settings;
    }

    private long toNanos(long micros) {
        return FIRST_NANOS + Math.multiplyExact(Math.clamp(micros - originMicros, 0, Long.MAX_VALUE / 4000), 1000L);
    }

    private long toMicros(long nanos) {
        return originMicros + (nanos - FIRST_NANOS) / 1000;
    }

    private Sockets sockets() {
        if (sockets == null) {
            host = new VirtualHost(settings.stackConfig(), new SeededRandom(settings.seed()), FIRST_NANOS, IPV4_MTU_BYTES, IPV6_MTU_BYTES);
            for (IpAddress address : settings.addresses()) {
                host.addAddress(address);
            }
            sockets = new Sockets(host, settings::fastOpenBits);
            applyFastOpenKey();
        }
        return sockets;
    }

    /** A setting was changed that a running stack can follow. */
    void onSetting() {
        onOwner(() -> {
            if (host != null) {
                host.stack().setTcpConfig(settings.stackConfig().tcp());
                applyFastOpenKey();
            }
            return null;
        });
    }

    void forgetFastOpenCookies() {
        onOwner(() -> {
            if (host != null) {
                host.stack().forgetFastOpenCookies();
            }
            return null;
        });
    }

    private void applyFastOpenKey() {
        long[] key = settings.fastOpenKey();
        if (key != null) {
            host.stack().setFastOpenKeys(key, null);
        }
    }

    /** An address was added. */
    void addAddress(IpAddress address) {
        settings.addAddress(address);
        onOwner(() -> host == null ? -1 : host.addAddress(address));
    }

    /** Hears of the end of a call: what it returned, and the virtual time in microseconds. On the session's thread. */
    interface Completion {
        void done(Outcome outcome, long nowMicros);
    }

    /** What a client's call is made of, once there are sockets to make it on. */
    interface Request {
        Call on(Sockets sockets) throws Frame.Malformed;
    }

    /** Fires what is due, then makes the call. @param parked told when the call has to wait, before its completion */
    void call(Frame frame, Request request, Runnable parked, Completion completion) throws Frame.Malformed {
        Frame.Malformed malformed = onOwner(() -> {
            Sockets on = sockets();
            host.advanceTo(toNanos(frame.nowMicros));
            Call call;
            try {
                call = request.on(on);
            } catch (Frame.Malformed e) {
                return e;
            }
            if (frame.mayPark) {
                on.start(call, ended -> completion.done(ended.outcome(), toMicros(ended.completedAtNanos())));
                if (!call.isDone()) {
                    parked.run();
                }
            } else {
                Outcome outcome = on.run(call);
                completion.done(outcome, toMicros(host.nowNanos()));
            }
            return null;
        });
        if (malformed != null) {
            throw malformed;
        }
    }

    /** @return the time it is then, in microseconds */
    long advance(long nowMicros) {
        return onOwner(() -> {
            sockets();
            host.advanceTo(toNanos(nowMicros));
            return toMicros(host.nowNanos());
        });
    }

    /** @return the time it is then, in microseconds */
    long inject(long nowMicros, byte[] packet) {
        return onOwner(() -> {
            sockets();
            host.advanceTo(toNanos(nowMicros));
            host.inject(packet);
            return toMicros(host.nowNanos());
        });
    }

    /** The next packet out of the stack, after as many timers as that takes, its time in microseconds; null when the stack is idle. */
    EmittedPacket nextPacket(long nowMicros) {
        return onOwner(() -> {
            sockets();
            host.advanceTo(toNanos(nowMicros));
            long limit = host.nowNanos() + IDLE_NANOS;
            EmittedPacket packet = host.pollEmitted();
            while (packet == null && host.jump(limit)) {
                packet = host.pollEmitted();
            }
            return packet == null ? null : new EmittedPacket(toMicros(packet.atNanos()), packet.bytes());
        });
    }

    long nowMicros() {
        return onOwner(() -> host == null ? originMicros : toMicros(host.nowNanos()));
    }

    /** Counters under the names of {@code nstat}. */
    Map<String, Long> counters() {
        return onOwner(() -> {
            Map<String, Long> counters = new LinkedHashMap<>();
            for (Counter counter : Counter.values()) {
                counters.put(counter.name(), host == null ? 0L : host.stack().counters().get(counter));
            }
            return counters;
        });
    }

    /** Frees the stack. Whoever asks for something afterwards gets an error. */
    void end() {
        onOwner(() -> {
            if (host != null) {
                host.close();
            }
            return null;
        });
        owner.shutdown();
    }

    private <T> T onOwner(Callable<T> action) {
        try {
            return owner.submit(action).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (RejectedExecutionException _) {
            throw new IllegalStateException("session " + id + " is over");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
