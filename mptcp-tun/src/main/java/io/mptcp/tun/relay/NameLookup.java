package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Addresses of the names that one user asks for. The system's resolver blocks: a few names are looked up at a time, and the others wait. So names whose servers
 * do not answer keep nobody waiting but him who has asked for them. Any thread.
 */
final class NameLookup {
    /** As {@link InetAddress#getAllByName}. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] allByName(String name) throws UnknownHostException;
    }

    static final int AT_A_TIME = 8;
    private static final int IDLE_SECONDS = 10;

    /** One for each of his connections at most: {@link RelayUser#enters} is asked before. */
    private final LinkedBlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(AT_A_TIME, AT_A_TIME, IDLE_SECONDS, TimeUnit.SECONDS, waiting,
            new DefaultThreadFactory("relay-lookup", true));

    NameLookup() {
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Begins.
     *
     * @param found gets the addresses, on this loop; none when there is no such name
     * @return forgets a name that waits; a server that has been asked has been
     */
    Runnable start(Resolver resolver, String name, EventLoop loop, Consumer<List<IpAddress>> found) {
        Runnable task = () -> {
            List<IpAddress> addresses = addresses(resolver, name);
            try {
                loop.execute(() -> found.accept(addresses));
            } catch (RejectedExecutionException _) {
                // The relay stops: nobody is left who would want to know.
            }
        };
        threads.execute(task);
        return () -> threads.remove(task);
    }

    private static List<IpAddress> addresses(Resolver resolver, String name) {
        try {
            return Stream.of(resolver.allByName(name)).map(address -> IpAddress.of(address.getAddress())).distinct().toList();
        } catch (UnknownHostException | RuntimeException _) {
            return List.of();
        }
    }
}
