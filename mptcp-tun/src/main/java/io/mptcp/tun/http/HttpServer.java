package io.mptcp.tun.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Serves {@link HttpRoutes} over UNIX and TCP sockets, on a thread of its own: whatever is asked, data flows on. */
public final class HttpServer implements AutoCloseable {
    /** Of each listener: a few people, a scraper and a dashboard or two. Those who fill up one that anybody may reach lock nobody out of another. */
    private static final int MAX_CLIENTS = 64;
    private static final int MAX_REQUEST_BYTES = 64 << 10;
    /** A client that says nothing: well above the interval at which metrics are scraped. */
    private static final int SILENCE_SECONDS = 120;
    private static final int STOP_SECONDS = 2;

    private final HttpRoutes routes;
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final List<Channel> listeners = new ArrayList<>();
    private final List<Path> socketFiles = new ArrayList<>();

    public HttpServer(HttpRoutes routes) {
        this.routes = routes;
    }

    /** The server's thread: for work on answers that would hold up others. */
    public Executor executor() {
        return group;
    }

    /**
     * Listens on a UNIX socket. What a dead process left there is removed.
     *
     * @param permissions as in {@code rw-rw----}
     * @param groupName   group of the file, null for the process's own
     * @throws IOException with one line when that cannot be: in use, no folder, no right
     */
    public void listen(Path socket, String permissions, String groupName) throws IOException {
        removeStale(socket);
        Path folder = socket.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        Channel channel = bind(bootstrap(HttpAccess.OF_SOCKET_FILE).channel(EpollServerDomainSocketChannel.class),
                new DomainSocketAddress(socket.toFile()), socket.toString());
        listeners.add(channel);
        socketFiles.add(socket);
        try {
            protect(socket, permissions, groupName);
        } catch (IOException e) {
            channel.close().awaitUninterruptibly(); // nobody is served over a file that others may open than those who should
            Files.deleteIfExists(socket);
            throw e;
        }
    }

    private static void protect(Path socket, String permissions, String groupName) throws IOException {
        PosixFileAttributeView attributes = Files.getFileAttributeView(socket, PosixFileAttributeView.class);
        if (groupName != null) {
            try {
                attributes.setGroup(group(socket, groupName));
            } catch (FileSystemException e) {
                throw new IOException(socket + ": cannot be given to group " + groupName + " (" + e.getReason() + "): become its member, or run as root", e);
            }
        }
        attributes.setPermissions(PosixFilePermissions.fromString(permissions));
    }

    private static GroupPrincipal group(Path socket, String name) throws IOException {
        try {
            return socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name);
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException(socket + ": there is no group " + name, e);
        }
    }

    private static void removeStale(Path socket) throws IOException {
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther()) {
            throw new IOException(socket + " exists and is not a socket: remove it, or choose another one");
        }
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            throw new IOException(socket + ": in use by another process: stop it, or choose another socket");
        } catch (ConnectException refused) {
            Files.delete(socket);
        }
    }

    /**
     * Listens on TCP.
     *
     * @param token what clients have to know; null for a loopback address only
     * @return the address with its port, also where port 0 was asked for
     * @throws IOException with one line when the address cannot be had
     */
    public InetSocketAddress listen(InetSocketAddress address, String token) throws IOException {
        if (token == null && !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException(address + " is open to others and needs a token");
        }
        ServerBootstrap bootstrap = bootstrap(HttpAccess.ofTcp(token)).channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true);
        Channel channel = bind(bootstrap, address, address.getHostString() + ":" + address.getPort());
        listeners.add(channel);
        return (InetSocketAddress) channel.localAddress();
    }

    private ServerBootstrap bootstrap(HttpAccess access) {
        AtomicInteger clients = new AtomicInteger();
        return new ServerBootstrap().group(group).childHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (clients.incrementAndGet() > MAX_CLIENTS) {
                    clients.decrementAndGet();
                    channel.close();
                    return;
                }
                channel.closeFuture().addListener(_ -> clients.decrementAndGet());
                channel.pipeline().addLast(new ReadTimeoutHandler(SILENCE_SECONDS), new HttpServerCodec(), new HttpObjectAggregator(MAX_REQUEST_BYTES),
                        new HttpServerHandler(routes, access));
            }
        });
    }

    private static Channel bind(ServerBootstrap bootstrap, SocketAddress address, String name) throws IOException {
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            String reason = bound.cause().getMessage();
            throw new IOException(name + ": cannot be listened on (" + (reason == null ? bound.cause().toString() : reason.replaceFirst("^bind\\(\\.\\.\\) failed(: | with error\\(-[0-9]+\\): )?", ""))
                    + ")", bound.cause());
        }
        return bound.channel();
    }

    /** Ends all connections and removes the socket files. */
    @Override
    public void close() {
        for (Channel listener : listeners) {
            listener.close().awaitUninterruptibly();
        }
        for (Path socket : socketFiles) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                // Somebody has taken the folder away; a file that is left is removed at the next start.
            }
        }
        group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
