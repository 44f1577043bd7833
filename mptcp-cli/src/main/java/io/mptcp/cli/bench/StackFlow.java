package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.StatsJson;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
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
    private final boolean sending;
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

    private StackFlow(Uplinks uplinks, Arrivals arrivals, boolean sending) {
        this.uplinks = uplinks;
        this.arrivals = arrivals;
        this.sending = sending;
    }

    static StackFlow connect(Uplinks uplinks, IpEndpoint remote, Arrivals arrivals, boolean sending) {
        StackFlow flow = new StackFlow(uplinks, arrivals, sending);
        uplinks.loop().execute(() -> {
            flow.earlierTimeouts = uplinks.driver().stack().counters().get(Counter.TCPTimeouts);
            uplinks.connect(remote, CONNECT_TIMEOUT_MILLIS, flow);
        });
        return flow;
    }

    @Override
    public void connected(MptcpConnection opened) {
        connection = opened;
        startNanos = System.nanoTime();
        if (ended) {
            opened.abort();
            return;
        }
        if (!sending) {
            arrivals.started(startNanos);
        }
        opened.attach(this);
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
        if (sending) {
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

    /** Writes until the connection takes no more; it tells when there is room again. */
    private void write() {
        while (true) {
            if (taken == prepared) {
                position += prepared;
                PseudoRandomFile.fill(chunk.asByteBuffer(), position);
                prepared = CHUNK_BYTES;
                taken = 0;
            }
            int count = connection.write(chunk, taken, prepared - taken);
            if (count <= 0) {
                return;
            }
            taken += count;
        }
    }

    @Override
    public SenderCounters counters() {
        return onLoop(() -> {
            if (connection == null || !sending) {
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
