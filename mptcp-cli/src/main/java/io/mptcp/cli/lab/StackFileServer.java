package io.mptcp.cli.lab;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The same service as {@link FileServer} on this project's own stack, for kernels that have no MPTCP: one request a connection, answered and
 * closed.
 */
public final class StackFileServer implements AutoCloseable {
    private static final int MAX_HEAD_BYTES = 8192;
    private static final int CHUNK_BYTES = 64 << 10;

    private final MultiThreadIoEventLoopGroup loops;
    private final Uplinks uplinks;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment chunk = arena.allocate(CHUNK_BYTES, 8);

    private StackFileServer(MultiThreadIoEventLoopGroup loops, Uplinks uplinks) {
        this.loops = loops;
        this.uplinks = uplinks;
    }

    /**
     * Starts a server in a namespace.
     *
     * @param devices where connections come in
     * @throws LabException when the devices cannot be used or the port is taken
     */
    public static StackFileServer start(LabNamespace namespace, List<String> devices, IpEndpoint service) {
        MultiThreadIoEventLoopGroup loops = NamespaceLoop.in(namespace, "file-server");
        IoEventLoop loop = (IoEventLoop) loops.next();
        var started = loop.submit(() -> open(loops, loop, devices, service)).awaitUninterruptibly();
        if (!started.isSuccess()) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new LabException("the file server cannot start: " + started.cause().getMessage(), started.cause());
        }
        return started.getNow();
    }

    private static StackFileServer open(MultiThreadIoEventLoopGroup loops, IoEventLoop loop, List<String> devices, IpEndpoint service)
            throws SetupException {
        List<PathSpec> paths = devices.stream().map(PathSpec::of).toList();
        UplinkSettings settings = new UplinkSettings(StackConfig.defaults(), "default", service.port(), null);
        StackFileServer server = new StackFileServer(loops, Uplinks.open(loop, paths, settings));
        ConnectionHandler handler = server::accepted;
        server.uplinks.driver().stack().listen(service, false, ConnectOptions.DEFAULT, handler);
        return server;
    }

    @Override
    public void close() {
        uplinks.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
        arena.close();
    }

    private void accepted(MptcpConnection connection, int readiness) {
        Exchange exchange = new Exchange(connection);
        connection.attach(exchange);
        exchange.ready(connection, readiness);
    }

    /** One request and its answer. */
    private final class Exchange implements ConnectionHandler {
        private final MptcpConnection connection;
        private final StringBuilder head = new StringBuilder();
        private FileRequest request;
        /** What goes before the content of the file, or instead of it. */
        private byte[] preamble;
        private long written;
        private boolean ended;

        Exchange(MptcpConnection connection) {
            this.connection = connection;
        }

        @Override
        public void ready(MptcpConnection ignored, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0) {
                connection.close();
                return;
            }
            read();
            if (request != null && !ended) {
                write();
            }
            if (connection.isEndOfStream() && (ended || request == null)) {
                connection.close();
            }
            uplinks.driver().wake();
        }

        private void read() {
            for (int count = connection.read(chunk, 0, CHUNK_BYTES); count > 0; count = connection.read(chunk, 0, CHUNK_BYTES)) {
                if (request == null) {
                    head.append(StandardCharsets.ISO_8859_1.decode(chunk.asSlice(0, count).asByteBuffer()));
                }
            }
            if (request != null) {
                return;
            }
            if (head.length() > MAX_HEAD_BYTES) {
                connection.abort();
            } else if (head.indexOf("\r\n\r\n") >= 0) {
                begin(head.substring(0, head.indexOf("\r\n")));
            }
        }

        private void begin(String requestLine) {
            String[] words = requestLine.split(" ");
            request = FileRequest.of(words.length > 1 ? words[1] : "");
            String text = request.isForFile() ? "" : request.text();
            long length = request.isForFile() ? request.bytes() : text.length();
            preamble = ("HTTP/1.1 " + request.status() + " -\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n" + text)
                    .getBytes(StandardCharsets.ISO_8859_1);
        }

        private void write() {
            long total = preamble.length + (request.isForFile() ? request.bytes() : 0);
            while (written < total) {
                int taken = connection.write(chunk, 0, fillChunk(total));
                if (taken == 0) {
                    return; // It tells when there is room again.
                }
                written += taken;
            }
            ended = true;
            connection.shutdownOutput();
        }

        /** The next bytes to write. */
        private int fillChunk(long total) {
            int count = (int) Math.min(CHUNK_BYTES, total - written);
            ByteBuffer target = chunk.asByteBuffer().limit(count);
            if (written < preamble.length) {
                target.put(preamble, (int) written, (int) Math.min(preamble.length - written, count));
            }
            PseudoRandomFile.fill(target, written + target.position() - preamble.length);
            return count;
        }
    }
}
