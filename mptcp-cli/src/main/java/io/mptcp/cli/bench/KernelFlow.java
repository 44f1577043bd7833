package io.mptcp.cli.bench;

import io.mptcp.cli.bench.Flow.SenderCounters;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** An end of a transfer on a kernel socket: a thread that writes, or one that reads, as fast as it can. */
public final class KernelFlow implements Flow {
    /** What most Linux hosts use, and what this stack uses. */
    public static final String CONGESTION = "cubic";
    private static final int CHUNK_BYTES = 256 << 10;

    private final KernelMptcpSocket socket;
    private final Arrivals arrivals;
    /** Null for a receiver. */
    private final SendPlan plan;
    private final Thread thread;
    private volatile boolean closing;

    private KernelFlow(KernelMptcpSocket socket, Arrivals arrivals, SendPlan plan) {
        this.socket = socket;
        this.arrivals = arrivals;
        this.plan = plan;
        this.thread = Thread.ofPlatform().daemon().name("kernel-flow").unstarted(() -> {
            new Syscalls().setRealTime(1); // as all that takes part; see StackHost
            if (plan != null) {
                send();
            } else {
                receive();
            }
        });
    }

    /**
     * Connects from a namespace, and starts to move bytes.
     *
     * @param protocol TCP or MPTCP
     * @param plan     what it sends, null for a receiver
     */
    public static KernelFlow connect(int protocol, LabNamespace namespace, IpEndpoint remote, Arrivals arrivals, SendPlan plan) {
        return over(namespace.call(() -> KernelMptcpSocket.connect(protocol, remote, CONGESTION)), arrivals, plan);
    }

    /** Moves bytes over a connected socket, which belongs to the flow from now on. */
    public static KernelFlow over(KernelMptcpSocket socket, Arrivals arrivals, SendPlan plan) {
        KernelFlow flow = new KernelFlow(socket, arrivals, plan);
        if (plan == null) {
            arrivals.started(System.nanoTime());
        }
        flow.thread.start();
        return flow;
    }

    /** What all kernel senders of a namespace have done so far. */
    static SenderCounters counters(LabNamespace namespace) {
        Map<String, Long> tcp = namespace.counters("Tcp");
        Map<String, Long> extended = namespace.counters("TcpExt");
        return new SenderCounters(tcp.getOrDefault("RetransSegs", 0L), extended.getOrDefault("TCPTimeouts", 0L));
    }

    private void send() {
        byte[] chunk = new byte[plan.messageBytes() == 0 ? CHUNK_BYTES : plan.messageBytes()];
        OutputStream out = socket.outputStream();
        try {
            if (plan.bufferBytes() > 0) {
                socket.sendBuffer(plan.bufferBytes());
            }
            if (plan.messageBytes() > 0) {
                socket.noDelay();
            }
            long dueNanos = System.nanoTime() + plan.pauseNanos();
            for (long position = 0; !closing && position < plan.bytes(); position += chunk.length) {
                int length = (int) Math.min(chunk.length, plan.bytes() - position);
                PseudoRandomFile.fill(ByteBuffer.wrap(chunk, 0, length), position);
                waitUntil(dueNanos);
                dueNanos += plan.intervalNanos();
                if (position == 0) {
                    arrivals.writing(System.nanoTime());
                }
                out.write(chunk, 0, length);
            }
            if (!closing) {
                socket.shutdownOutput();
            }
        } catch (IOException e) {
            complain(e.getMessage());
        }
    }

    private static void waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void receive() {
        byte[] chunk = new byte[CHUNK_BYTES];
        InputStream in = socket.inputStream();
        try {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                arrivals.arrived(System.nanoTime(), ByteBuffer.wrap(chunk, 0, count));
            }
            complain("the sender ended its stream");
        } catch (IOException e) {
            complain(e.getMessage());
        }
    }

    private void complain(String why) {
        if (!closing) {
            arrivals.fail(why);
        }
    }

    /** The kernel counts by namespace: see {@link #counters(LabNamespace)}. */
    @Override
    public SenderCounters counters() {
        return SenderCounters.NONE;
    }

    @Override
    public String statistics() {
        return "";
    }

    @Override
    public void close() {
        closing = true;
        socket.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
        socket.close();
    }
}
