package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Applications on kernel sockets, a thread for each connection. */
public final class KernelHost implements SpeedHost {
    /** What most Linux hosts use, and what this stack uses. */
    private static final String CONGESTION = "cubic";

    private final LabNamespace namespace;
    private final int protocol;
    private final LongAdder received = new LongAdder();
    private final Set<KernelMptcpSocket> open = ConcurrentHashMap.newKeySet();
    private int listeningFd = -1;

    /** @param mptcp else plain TCP */
    public KernelHost(LabNamespace namespace, boolean mptcp) {
        this.namespace = namespace;
        this.protocol = mptcp ? KernelMptcp.IPPROTO_MPTCP : Syscalls.IPPROTO_TCP;
    }

    /** Starts the services. */
    public KernelHost serve(IpEndpoint local) {
        listeningFd = namespace.call(() -> KernelMptcpSocket.listen(protocol, local, CONGESTION));
        start("kernel-listener", this::accept);
        return this;
    }

    private void accept() {
        while (true) {
            try {
                KernelMptcpSocket socket = KernelMptcpSocket.accept(listeningFd);
                open.add(socket);
                start("kernel-server", () -> run(socket, Worker::serve));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private static Thread start(String name, Runnable task) {
        return Thread.ofPlatform().daemon().name(name).start(task);
    }

    private interface Task {
        void run(Worker worker) throws IOException;
    }

    /** Does something with a connection, and closes it. */
    private void run(KernelMptcpSocket socket, Task task) {
        try (socket) {
            task.run(new Worker(socket));
        } catch (IOException e) {
            // The other end is gone, or this one is being closed.
        } finally {
            open.remove(socket);
        }
    }

    private KernelMptcpSocket connect(IpEndpoint server) {
        KernelMptcpSocket socket = namespace.call(() -> KernelMptcpSocket.connect(protocol, server, CONGESTION));
        open.add(socket);
        return socket;
    }

    @Override
    public Bulk bulk(IpEndpoint server, Service service) {
        KernelMptcpSocket socket = connect(server);
        Thread thread = start("kernel-client", () -> run(socket, worker -> {
            worker.writeLetter(service);
            if (service == Service.SINK) {
                worker.source();
            } else {
                worker.sink();
            }
        }));
        return () -> {
            socket.interrupt();
            join(thread);
        };
    }

    @Override
    public long[] echo(IpEndpoint server, long durationNanos) {
        KernelMptcpSocket socket = connect(server);
        try (socket) {
            return new Worker(socket).ping(durationNanos);
        } catch (IOException e) {
            throw new LabException("echo by the kernel: " + e.getMessage(), e);
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public long exchanges(IpEndpoint server, long durationNanos) {
        return namespace.call(() -> {
            long deadlineNanos = System.nanoTime() + durationNanos;
            Worker worker = new Worker(null);
            long count = 0;
            for (; System.nanoTime() < deadlineNanos; count++) {
                try (KernelMptcpSocket socket = KernelMptcpSocket.connect(protocol, server, CONGESTION)) {
                    worker.socket = socket;
                    worker.exchange();
                }
            }
            return count;
        });
    }

    @Override
    public long receivedBytes() {
        return received.sum();
    }

    @Override
    public void close() {
        if (listeningFd >= 0) {
            KernelMptcpSocket.closeListener(listeningFd);
        }
        open.forEach(KernelMptcpSocket::interrupt);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    /** The memory and system calls of one thread. */
    private final class Worker {
        private final Syscalls syscalls = new Syscalls();
        private final MemorySegment block = Arena.ofAuto().allocate(Service.BLOCK_BYTES, 64);
        private KernelMptcpSocket socket;

        Worker(KernelMptcpSocket socket) {
            this.socket = socket;
        }

        void serve() throws IOException {
            int count = Syscalls.check(socket.receive(syscalls, block, Service.MESSAGE_BYTES), "cannot receive");
            Service service = count == 0 ? null : Service.of(block.get(ValueLayout.JAVA_BYTE, 0));
            switch (service) {
                case SINK -> sink();
                case SOURCE -> source();
                case ECHO -> echo(count);
                case ONCE -> {
                    readMessage(count);
                    write(Service.MESSAGE_BYTES);
                    socket.shutdownOutput();
                    socket.receive(syscalls, block, 1); // the client closes, too
                }
                case null -> { }
            }
        }

        void writeLetter(Service service) throws IOException {
            block.set(ValueLayout.JAVA_BYTE, 0, service.letter());
            write(1);
        }

        void sink() {
            for (int count = 1; count > 0; ) {
                count = socket.receive(syscalls, block, Service.BLOCK_BYTES);
                received.add(Math.max(0, count));
            }
        }

        void source() throws IOException {
            while (true) {
                write(Service.BLOCK_BYTES);
            }
        }

        private void echo(int first) throws IOException {
            socket.noDelay();
            for (int count = first; count > 0; count = socket.receive(syscalls, block, Service.BLOCK_BYTES)) {
                write(count);
            }
        }

        long[] ping(long durationNanos) throws IOException {
            socket.noDelay();
            block.set(ValueLayout.JAVA_BYTE, 0, Service.ECHO.letter());
            long[] times = new long[1 << 16];
            int count = 0;
            long startNanos = System.nanoTime();
            for (long beforeNanos = startNanos; beforeNanos - startNanos < durationNanos; ) {
                write(Service.MESSAGE_BYTES);
                readMessage(0);
                long nowNanos = System.nanoTime();
                times = count == times.length ? Arrays.copyOf(times, 2 * count) : times;
                times[count++] = nowNanos - beforeNanos;
                beforeNanos = nowNanos;
            }
            return Arrays.copyOf(times, count);
        }

        void exchange() throws IOException {
            block.set(ValueLayout.JAVA_BYTE, 0, Service.ONCE.letter());
            write(Service.MESSAGE_BYTES);
            readMessage(0);
            Syscalls.check(socket.receive(syscalls, block, 1), "cannot receive the end");
        }

        /** @param already how much of the message has been read */
        private void readMessage(int already) throws IOException {
            for (int got = already; got < Service.MESSAGE_BYTES; ) {
                int count = Syscalls.check(socket.receive(syscalls, block.asSlice(got), Service.MESSAGE_BYTES - got), "cannot receive");
                if (count == 0) {
                    throw new IOException("the stream ended within a message");
                }
                got += count;
            }
        }

        private void write(int length) throws IOException {
            for (int sent = 0; sent < length; ) {
                sent += Syscalls.check(socket.send(syscalls, sent == 0 ? block : block.asSlice(sent), length - sent), "cannot send");
            }
        }
    }
}
