package io.mptcp.sim.socket;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One epoll instance: descriptors of interest, level and edge triggered, as epoll(7) of Linux has them. An edge is news, whatever has been done
 * about the last: more bytes to read, one more connection to accept, or an event bit that did not hold before.
 */
final class Epoll {
    static final int EVENT_BYTES = 12;

    private static final class Interest {
        final VirtualSocket socket;
        int events;
        long data;
        /** Edge triggered: there was news since it was last reported. */
        boolean news;
        int held;
        long arrivals;

        Interest(VirtualSocket socket) {
            this.socket = socket;
        }

        void set(int wanted, long userData) {
            events = wanted;
            data = userData;
            observe();
            news = true; // what holds now is reported once
        }

        void observe() {
            int holds = socket.events();
            long arrived = socket.arrivals();
            news |= (holds & ~held) != 0 || arrived != arrivals;
            held = holds;
            arrivals = arrived;
        }

        /** Events to report, 0 for none. */
        int ready() {
            boolean disarmed = (events & ~(SocketConstants.EPOLLET | SocketConstants.EPOLLONESHOT)) == 0;
            boolean edge = (events & SocketConstants.EPOLLET) != 0;
            return disarmed || (edge && !news) ? 0 : socket.events() & (events | SocketConstants.POLLERR | SocketConstants.POLLHUP);
        }

        void reported() {
            news = false;
            if ((events & SocketConstants.EPOLLONESHOT) != 0) {
                events = 0;
            }
        }
    }

    private final Map<Integer, Interest> interests = new LinkedHashMap<>();

    Outcome control(int operation, int fd, VirtualSocket socket, int events, long data) {
        Interest known = interests.get(fd);
        switch (operation) {
            case SocketConstants.EPOLL_CTL_ADD -> {
                if (known != null) {
                    return Outcome.error(Errno.EEXIST);
                }
                Interest interest = new Interest(socket);
                interest.set(events, data);
                interests.put(fd, interest);
            }
            case SocketConstants.EPOLL_CTL_MOD, SocketConstants.EPOLL_CTL_DEL -> {
                if (known == null) {
                    return Outcome.error(Errno.ENOENT);
                }
                if (operation == SocketConstants.EPOLL_CTL_MOD) {
                    known.set(events, data);
                } else {
                    interests.remove(fd);
                }
            }
            default -> {
                return Outcome.error(Errno.EINVAL);
            }
        }
        return Outcome.DONE;
    }

    /** The descriptor was closed. */
    void forget(int fd) {
        interests.remove(fd);
    }

    /** Something may have happened. */
    void observe() {
        interests.values().forEach(Interest::observe);
    }

    /** What is ready, at most so many: u32 events and u64 data each; null when nothing is. Who was reported comes last the next time. */
    Outcome collect(int maxEvents) {
        ByteBuffer found = ByteBuffer.allocate(Math.min(maxEvents, interests.size()) * EVENT_BYTES);
        Map<Integer, Interest> reported = new LinkedHashMap<>();
        for (Map.Entry<Integer, Interest> entry : interests.entrySet()) {
            int ready = found.hasRemaining() ? entry.getValue().ready() : 0;
            if (ready != 0) {
                found.putInt(ready).putLong(entry.getValue().data);
                entry.getValue().reported();
                reported.put(entry.getKey(), entry.getValue());
            }
        }
        interests.keySet().removeAll(reported.keySet());
        interests.putAll(reported);
        byte[] data = new byte[found.position()];
        found.flip().get(data);
        return reported.isEmpty() ? null : Outcome.of(reported.size(), data);
    }
}
