package io.mptcp.cli.interop;

import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** The side of a connection that our stack has: follows its plan on the event loop. */
final class StackStream implements ConnectionHandler {
    private static final int CHUNK_BYTES = 32 << 10;

    private final StreamPlan plan;
    private final Predicate<List<IpEndpoint>> complete;
    private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, 8);
    private final byte[] received = new byte[CHUNK_BYTES];
    private final Content content = new Content();
    private MptcpConnection connection;
    private int written;
    private boolean going;
    private boolean shutDown;
    private boolean ended;

    /** Done when the greeting is here, and as many subflows as there are paths. */
    final CompletableFuture<Void> joined = new CompletableFuture<>();
    /** What went wrong, empty when nothing did. */
    final CompletableFuture<String> outcome = new CompletableFuture<>();

    /** @param complete whether the remote addresses of its established subflows are those it is to begin with: which joins first is a matter of chance */
    StackStream(StreamPlan plan, Predicate<List<IpEndpoint>> complete) {
        this.plan = plan;
        this.complete = complete;
    }

    /** Everybody is ready. On the loop. */
    void go() {
        going = true;
        if (connection != null && !connection.isClosed()) {
            proceed();
        }
    }

    @Override
    public void ready(MptcpConnection on, int readiness) {
        connection = on;
        if ((readiness & Readiness.CLOSED) != 0) {
            read();
            outcome.complete(verdict());
            joined.complete(null);
            on.close();
        } else {
            proceed();
        }
    }

    private void proceed() {
        read();
        write();
        end();
        List<IpEndpoint> established = establishedRemotes();
        if (content.bytes() > 0 && complete.test(established)) {
            joined.complete(null);
        }
    }

    private void read() {
        while (!ended && !isToAbort()) {
            int limit = plan.end() == StreamPlan.End.ABORT ? (int) Math.min(CHUNK_BYTES, plan.expectBytes() - content.bytes()) : CHUNK_BYTES;
            int bytes = connection.read(chunk, 0, limit);
            if (bytes <= 0) {
                return;
            }
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, received, 0, bytes);
            content.add(received, bytes);
        }
    }

    private boolean isToAbort() {
        return plan.end() == StreamPlan.End.ABORT && content.bytes() >= plan.expectBytes();
    }

    private void write() {
        if (!connection.isConnected()) {
            return;
        }
        boolean free = going && (!plan.answers() || connection.isEndOfStream());
        int limit = free ? plan.sendBytes() : 1;
        while (!ended && written < limit) {
            ByteBuffer source = chunk.asByteBuffer().limit(Math.min(CHUNK_BYTES, limit - written));
            PseudoRandomFile.fill(source, written);
            int taken = connection.write(chunk, 0, source.limit());
            if (taken == 0) {
                return;
            }
            written += taken;
        }
    }

    private void end() {
        boolean sent = written == plan.sendBytes();
        if (plan.end() == StreamPlan.End.SHUT_DOWN && sent && !shutDown) {
            shutDown = true;
            connection.shutdownOutput();
        }
        boolean done = switch (plan.end()) {
            case CLOSE_FIRST -> sent && content.bytes() >= plan.expectBytes();
            case CLOSE_SECOND, SHUT_DOWN -> sent && connection.isEndOfStream();
            case ABORT -> isToAbort();
            case BE_ABORTED -> false;
        };
        if (done && !ended) {
            ended = true;
            if (plan.end() == StreamPlan.End.ABORT) {
                connection.abort();
            } else {
                connection.close();
            }
        }
    }

    private String verdict() {
        CloseReason expected = switch (plan.end()) {
            case ABORT -> CloseReason.ABORTED;
            case BE_ABORTED -> CloseReason.RESET;
            default -> CloseReason.CLOSED;
        };
        if (connection.closeReason() != expected) {
            return "our side after " + content.bytes() + " bytes: " + connection.closeReason() + ", " + connection.subflows();
        }
        if (connection.isFallback()) {
            return "fell back: " + connection.fallbackReason();
        }
        boolean all = plan.end() == StreamPlan.End.BE_ABORTED || content.bytes() == plan.expectBytes();
        return all ? content.fault() : "we got " + content.bytes() + " bytes of " + plan.expectBytes();
    }

    /** What is wrong with the bytes that have come so far; empty when nothing is. */
    String contentFault() {
        return content.fault();
    }

    boolean isFallback() {
        return connection.isFallback();
    }

    private List<IpEndpoint> establishedRemotes() {
        return connection.subflows().stream().filter(subflow -> subflow.state().equals("ESTABLISHED")).map(SubflowInfo::remote).toList();
    }

    /** Remote addresses of its subflows, the first one's first. */
    List<IpEndpoint> remotes() {
        return connection == null ? List.of() : connection.subflows().stream().map(SubflowInfo::remote).toList();
    }

    @Override
    public String toString() {
        return connection == null ? "not connected" : written + " bytes written, " + content.bytes() + " received, " + connection.closeReason() + ", "
                + connection.subflows();
    }
}
