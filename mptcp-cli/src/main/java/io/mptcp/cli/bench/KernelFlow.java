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

/** An end of a transfer on a kernel socket: a thread that writes, or one that reads, as fast as it can. */
final class KernelFlow implements Flow {
    /** What most Linux hosts use, and what this stack uses. */
    static final String CONGESTION = "cubic";
    private static final int CHUNK_BYTES = 256 << 10;

    private final KernelMptcpSocket socket;
    private final Arrivals arrivals;
    private final Thread thread;
    private volatile boolean closing;

    private KernelFlow(KernelMptcpSocket socket, Arrivals arrivals, boolean sending) {
        this.socket = socket;
        this.arrivals = arrivals;
        this.thread = Thread.ofPlatform().daemon().name("kernel-flow").unstarted(() -> {
            new Syscalls().setRealTime(1); // as all that takes part; see StackHost
            if (sending) {
                send();
            } else {
                receive();
            }
        });
    }

    /**
     * Connects from a namespace, and starts to move bytes.
     *
     * @param sending else it receives
     */
    static KernelFlow connect(LabNamespace namespace, IpEndpoint remote, Arrivals arrivals, boolean sending) {
        return over(namespace.call(() -> KernelMptcpSocket.connect(Syscalls.IPPROTO_TCP, remote, CONGESTION)), arrivals, sending);
    }

    /** Moves bytes over a connected socket, which belongs to the flow from now on. */
    static KernelFlow over(KernelMptcpSocket socket, Arrivals arrivals, boolean sending) {
        KernelFlow flow = new KernelFlow(socket, arrivals, sending);
        if (!sending) {
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
        byte[] chunk = new byte[CHUNK_BYTES];
        OutputStream out = socket.outputStream();
        try {
            for (long position = 0; !closing; position += chunk.length) {
                PseudoRandomFile.fill(ByteBuffer.wrap(chunk), position);
                out.write(chunk);
            }
        } catch (IOException e) {
            complain(e.getMessage());
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
