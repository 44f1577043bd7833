package io.mptcp.sim.socket;

import java.util.HashMap;
import java.util.Map;

/** {@code epoll_create}, {@code epoll_ctl} and {@code epoll_wait} on the descriptors of one {@link Sockets}. */
final class EpollCalls {
    private static final int MAX_INSTANCES = 1000;

    private final VirtualHost host;
    private final Map<Integer, VirtualSocket> sockets;
    private final Map<Integer, Epoll> instances = new HashMap<>();

    EpollCalls(VirtualHost host, Map<Integer, VirtualSocket> sockets) {
        this.host = host;
        this.sockets = sockets;
        host.onChange(() -> instances.values().forEach(Epoll::observe));
    }

    Call create(int fd) {
        return Call.waiting(() -> {
            if (sockets.containsKey(fd) || instances.size() >= MAX_INSTANCES || instances.putIfAbsent(fd, new Epoll()) != null) {
                return Outcome.error(Errno.EINVAL);
            }
            return Outcome.of(fd);
        });
    }

    Call control(int epollFd, int operation, int fd, int events, long data) {
        return Call.waiting(() -> {
            Epoll epoll = instances.get(epollFd);
            VirtualSocket socket = sockets.get(fd);
            return epoll == null || socket == null ? Outcome.error(Errno.EBADF) : epoll.control(operation, fd, socket, events, data);
        });
    }

    Call await(int epollFd, int maxEvents, int timeoutMillis) {
        long deadline = timeoutMillis < 0 ? Long.MAX_VALUE : host.nowNanos() + timeoutMillis * 1_000_000L;
        return Call.waitingUntil(deadline, () -> {
            Epoll epoll = instances.get(epollFd);
            if (epoll == null) {
                return Outcome.error(Errno.EBADF);
            }
            return maxEvents <= 0 ? Outcome.error(Errno.EINVAL) : epoll.collect(maxEvents);
        }, () -> Outcome.of(0));
    }

    /** @return whether it was an epoll instance */
    boolean close(int fd) {
        instances.values().forEach(epoll -> epoll.forget(fd));
        return instances.remove(fd) != null;
    }
}
