package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.StatsJson;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** An end of a transfer on this stack: writes, or reads, whenever it can. Lives on the event loop of its uplinks. */
final class StackFlow implements Flow, ConnectionHandler, ConnectListener {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long CONNECT_TIMEOUT_MILLIS = 60_000;

    private final Uplinks uplinks;
    private final Arrivals arrivals;
    /** Null for a receiver. */
    private final SendPlan plan;
    private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, 8);
    // Used on the loop only.
    private MptcpConnection connection;
    private long startNanos;
    /** What the whole stack had counted before. */
    private long earlierTimeouts;
    private long position;
    /** How many bytes of the chunk are the content of the file from {@link #position} on. */
    private int prepared;
    private int taken;
    private boolean ended;
    private Listener listener;
    /** So much of the plan may have been written by now. */
    private long dueBytes;
    private long dueNanos;
    private boolean finished;

    private StackFlow(Uplinks uplinks, Arrivals arrivals, SendPlan plan) {
        this.uplinks = uplinks;
        this.arrivals = arrivals;
        this.plan = plan;
    }

    static StackFlow connect(Uplinks uplinks, IpEndpoint remote, Arrivals arrivals, SendPlan plan) {
        StackFlow flow = new StackFlow(uplinks, arrivals, plan);
        uplinks.loop().execute(() -> {
            flow.earlierTimeouts = uplinks.driver().stack().counters().get(Counter.TCPTimeouts);
            uplinks.connect(remote, null, flow.options(), CONNECT_TIMEOUT_MILLIS, flow);
        });
        return flow;
    }

    static StackFlow accept(Uplinks uplinks, int port, Arrivals arrivals, SendPlan plan) {
        StackFlow flow = new StackFlow(uplinks, arrivals, plan);
        flow.onLoop(() -> {
            flow.earlierTimeouts = uplinks.driver().stack().counters().get(Counter.TCPTimeouts);
            flow.listener = uplinks.listen(new IpEndpoint(IpAddress.ANY, port), flow.options(), (host, accepted) -> {
                flow.connected(accepted);
                return flow;
            });
            return null;
        });
        return flow;
    }

    private ConnectOptions options() {
        ConnectOptions options = uplinks.defaultOptions();
        int bufferBytes = plan == null ? 0 : plan.bufferBytes();
        return options.withSocket(options.socket().toBuilder().sendBufferBytes(bufferBytes).build());
    }

    @Override
    public void connected(MptcpConnection opened) {
        connection = opened;
        startNanos = System.nanoTime();
        if (ended) {
            opened.abort();
            return;
        }
        opened.attach(this);
        if (plan == null) {
            arrivals.started(startNanos);
        } else {
            begin();
        }
        move();
        uplinks.driver().wake();
    }

    @Override
    public void failed(CloseReason reason) {
        arrivals.fail("this stack cannot connect: " + reason);
    }

    @Override
    public void ready(MptcpConnection ignored, int readiness) {
        move();
        if ((readiness & Readiness.CLOSED) != 0 && !ended) {
            arrivals.fail("this stack's connection is over: " + connection.closeReason());
        }
        uplinks.driver().wake();
    }

    private void move() {
        if (ended) {
            return;
        }
        if (plan != null) {
            write();
        } else {
            read();
        }
    }

    private void read() {
        for (int count = connection.read(chunk, 0, CHUNK_BYTES); count > 0; count = connection.read(chunk, 0, CHUNK_BYTES)) {
            arrivals.arrived(System.nanoTime(), chunk.asSlice(0, count).asByteBuffer());
        }
    }

    private void begin() {
        if (plan.pauseNanos() == 0) {
            release();
        } else {
            uplinks.loop().schedule(this::release, plan.pauseNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** The first bytes, or the next message, may be written. */
    private void release() {
        if (ended) {
            return;
        }
        long nowNanos = System.nanoTime();
        if (dueBytes == 0) {
            arrivals.writing(nowNanos);
            dueNanos = nowNanos;
        }
        dueBytes = plan.messageBytes() == 0 ? plan.bytes() : dueBytes + plan.messageBytes();
        if (dueBytes < plan.bytes()) {
            dueNanos += plan.intervalNanos();
            uplinks.loop().schedule(this::release, dueNanos - nowNanos, TimeUnit.NANOSECONDS);
        }
        move();
        uplinks.driver().wake();
    }

    /** Writes until the connection takes no more; it tells when there is room again. */
    private void write() {
        for (int count = 1; count > 0 && position + taken < dueBytes; ) {
            if (taken == prepared) {
                position += prepared;
                PseudoRandomFile.fill(chunk.asByteBuffer(), position);
                prepared = CHUNK_BYTES;
                taken = 0;
            }
            count = connection.write(chunk, taken, (int) Math.min(prepared - taken, dueBytes - position - taken));
            taken += Math.max(0, count);
        }
        if (position + taken == plan.bytes() && !finished) {
            finished = true;
            connection.shutdownOutput();
        }
    }

    @Override
    public SenderCounters counters() {
        return onLoop(() -> {
            if (connection == null || plan == null) {
                return SenderCounters.NONE;
            }
            // Segments on the wire: what this stack counts as one retransmission may be several of them.
            long retransmits = connection.subflows().stream().mapToLong(subflow -> Math.ceilDiv(subflow.bytesRetrans(), subflow.mssBytes())).sum();
            return new SenderCounters(retransmits, uplinks.driver().stack().counters().get(Counter.TCPTimeouts) - earlierTimeouts);
        });
    }

    @Override
    public String statistics() {
        return onLoop(() -> connection == null ? "" : StatsJson.line(capture()));
    }

    private StackStatistics capture() {
        return StackStatistics.capture(uplinks.driver(), connection, System.nanoTime() - startNanos);
    }

    @Override
    public void close() {
        onLoop(() -> {
            ended = true;
            if (listener != null) {
                uplinks.close(listener);
            }
            if (connection != null) {
                connection.abort();
                uplinks.driver().wake();
            }
            return null;
        });
    }

    private <T> T onLoop(Callable<T> action) {
        var result = uplinks.loop().submit(action);
        if (!result.awaitUninterruptibly(10, TimeUnit.SECONDS)) {
            throw new LabException("this stack's event loop does not answer");
        }
        if (!result.isSuccess()) {
            throw new LabException("this stack failed: " + result.cause(), result.cause());
        }
        return result.getNow();
    }
}
