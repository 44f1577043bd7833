package io.mptcp.cli;

import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/** Opens one connection and gives it the standard streams. */
final class CatClient {
    private final CatIo io;
    private final ConnectionOptions options;
    private final long connectTimeoutMillis;

    CatClient(CatIo io, ConnectionOptions options, long connectTimeoutMillis) {
        this.io = io;
        this.options = options;
        this.connectTimeoutMillis = connectTimeoutMillis;
    }

    /** Tries the addresses in turn; the first that answers is used to the end. @return exit code */
    int run(String host, List<IpAddress> addresses, int port) throws InterruptedException, ExecutionException {
        CommandFailure failure = null;
        for (IpAddress address : addresses) {
            IpEndpoint remote = new IpEndpoint(address, port);
            try {
                List<PathSpec> paths = options.paths().isEmpty() ? List.of(DefaultPaths.towards(address)) : options.paths();
                Uplinks uplinks = io.openUplinks(paths, options.settings(0));
                CatStream stream = connect(uplinks, remote).get();
                return io.endOf(remote, stream.outcome().get());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof CommandFailure refused)) {
                    throw e;
                }
                failure = refused;
            }
            io.closeUplinks();
            if (io.isInterrupted()) {
                return ExitCodes.FAILURE;
            }
        }
        throw failure;
    }

    /** Why path 2 is not used is the first thing people ask. */
    private void nameUnusedPaths(Uplinks uplinks, IpAddress address) {
        for (SegmentLink link : uplinks.driver().links()) {
            if (!link.isUp()) {
                io.complain("path " + link.name() + " is down");
            } else if (link.localAddressFor(address) == null) {
                io.complain("path " + link.name() + " is not used: it has no route to " + address);
            }
        }
    }

    private CompletableFuture<CatStream> connect(Uplinks uplinks, IpEndpoint remote) {
        CompletableFuture<CatStream> result = new CompletableFuture<>();
        long startNanos = io.loop().ticker().nanoTime();
        io.loop().execute(() -> uplinks.connect(remote, connectTimeoutMillis, new ConnectListener() {
            @Override
            public void connected(MptcpConnection connection) {
                nameUnusedPaths(uplinks, remote.address());
                io.note("connected to " + remote + (connection.isFallback() && options.mptcp() ? " by plain TCP: it does not speak MPTCP" : ""));
                CatStream stream = new CatStream(io, uplinks.driver(), connection, true, startNanos);
                stream.start();
                result.complete(stream);
            }

            @Override
            public void failed(CloseReason reason) {
                result.completeExceptionally(CommandFailure.failed(remote + ": " + reason + hint(uplinks, remote.address(), reason)));
            }
        }));
        return result;
    }

    /** What the reason alone does not tell. */
    private String hint(Uplinks uplinks, IpAddress address, CloseReason reason) {
        List<SegmentLink> links = uplinks.driver().links();
        if (links.stream().allMatch(link -> link.localAddressFor(address) == null)) {
            return ", no path has a route there (" + links.stream().map(SegmentLink::name).collect(Collectors.joining(", ")) + ")";
        }
        // Linux takes segments from packet sockets for martians when they come from one of its own IPv4 addresses, and drops them.
        boolean byPacketSocket = options.paths().stream().allMatch(path -> path.kind() == PathSpec.Kind.PACKET);
        return reason == CloseReason.TIMED_OUT && byPacketSocket && DefaultPaths.isOwnIpv4(address)
                ? " (a host's own IPv4 addresses lead to other mptcp commands only, not to its kernel)" : "";
    }
}
