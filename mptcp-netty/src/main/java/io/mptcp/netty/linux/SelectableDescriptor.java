package io.mptcp.netty.linux;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Any file descriptor as a channel that a {@link java.nio.channels.Selector} can wait for. The JDK has such channels for its own sockets only. But what its
 * selectors give to epoll is the number of a descriptor, and dup3(2) makes a number stand for something else: so this is a datagram channel of the JDK
 * whose number has been given to the descriptor. It is good for being registered with selectors and for nothing else.
 */
public final class SelectableDescriptor implements AutoCloseable {
    private static final Path OWN_DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int SO_BROADCAST = 6;

    private final Syscalls syscalls = new Syscalls();
    private final DatagramChannel channel;
    private final int number;
    private boolean closed;

    private SelectableDescriptor(DatagramChannel channel, int fd) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        number = numberOf(channel, syscalls);
        Syscalls.check(syscalls.dup3(fd, number, Syscalls.O_CLOEXEC), "a descriptor cannot be made selectable");
    }

    /**
     * Makes a descriptor selectable; it remains the caller's, and open for reading and writing under its own number.
     *
     * @throws IOException with a one-line message: no descriptor left, /proc not mounted
     */
    public static SelectableDescriptor of(int fd) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        try {
            return new SelectableDescriptor(channel, fd);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** To be registered with a selector. */
    public SelectableChannel channel() {
        return channel;
    }

    /**
     * Lets go of the descriptor at once, so that whoever closes it then has closed it. Without this the channel would hold it until its selectors look at
     * their cancelled keys.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        int nothing = syscalls.open("/dev/null", Syscalls.O_RDONLY);
        if (nothing >= 0) { // else there is no descriptor left, and this one is let go a little later
            syscalls.dup3(nothing, number, Syscalls.O_CLOEXEC);
            syscalls.close(nothing);
        }
        try {
            channel.close();
        } catch (IOException impossible) {
            throw new AssertionError(impossible); // close(2) of a datagram socket or of /dev/null has nothing to write any more
        }
    }

    /**
     * The number of a channel's descriptor, which the JDK tells nobody: it is the one whose option follows when that of the channel is set. One channel at a
     * time, or two would look alike.
     */
    private static synchronized int numberOf(DatagramChannel channel, Syscalls syscalls) throws IOException {
        List<Integer> candidates = new ArrayList<>(ownDescriptors());
        for (boolean broadcast : new boolean[] {true, false, true, false}) {
            channel.setOption(StandardSocketOptions.SO_BROADCAST, broadcast);
            candidates.removeIf(fd -> syscalls.getsockopt(fd, Syscalls.SOL_SOCKET, SO_BROADCAST) != (broadcast ? 1 : 0));
        }
        if (candidates.size() != 1) {
            throw new IOException("the descriptor of a channel cannot be told from others: " + candidates);
        }
        return candidates.getFirst();
    }

    private static List<Integer> ownDescriptors() throws IOException {
        try (Stream<Path> entries = Files.list(OWN_DESCRIPTORS)) {
            return entries.map(entry -> Integer.valueOf(entry.getFileName().toString())).toList();
        } catch (IOException e) {
            throw new IOException(OWN_DESCRIPTORS + " cannot be read (" + e.getMessage() + "): mount proc", e);
        }
    }
}
