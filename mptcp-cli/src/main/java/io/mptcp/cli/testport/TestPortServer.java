package io.mptcp.cli.testport;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Listens on a UNIX socket and gives each connection a thread. */
final class TestPortServer implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel channel;
    private final Sessions sessions = new Sessions();

    /** @throws IOException also when something else than a socket nobody listens on is there already */
    TestPortServer(Path path) throws IOException {
        this.path = path;
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        if (Files.exists(path) && !isAnswered(address)) {
            Files.delete(path);
        }
        channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(address);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isAnswered(UnixDomainSocketAddress address) throws IOException {
        if (Files.isRegularFile(address.getPath()) || Files.isDirectory(address.getPath())) {
            return true; // not ours to remove
        }
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    Sessions sessions() {
        return sessions;
    }

    /** Serves until {@link #close}. */
    void serve() throws IOException {
        while (true) {
            SocketChannel client;
            try {
                client = channel.accept();
            } catch (ClosedChannelException _) {
                return;
            }
            Thread.ofPlatform().daemon().name("testport-client").start(() -> serve(client));
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(client)));
            new ClientConnection(sessions, in, Channels.newOutputStream(client)).serve();
        } catch (IOException _) {
            // closing it failed: it is gone either way
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
