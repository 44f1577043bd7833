package io.mptcp.netty.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A network namespace, named as for {@code ip netns} or by a path. Sockets stay in the namespace they were opened in, whatever thread uses them
 * later, so one process can have sockets in several.
 */
public final class NetworkNamespace {
    private static final Path NAMED = Path.of("/run/netns");

    private final Path path;

    private NetworkNamespace(Path path) {
        this.path = path;
    }

    /** The one that {@code ip netns add NAME} made. */
    public static NetworkNamespace named(String name) {
        return new NetworkNamespace(NAMED.resolve(name));
    }

    /** By a path such as {@code /proc/PID/ns/net}. */
    public static NetworkNamespace at(Path path) {
        return new NetworkNamespace(path);
    }

    public Path path() {
        return path;
    }

    /**
     * Runs an action on a thread of its own that is in this namespace.
     *
     * @throws UncheckedIOException  if the namespace cannot be entered, or the action throws an {@link IOException}
     * @throws IllegalStateException if the action throws another checked exception; unchecked ones are passed on
     */
    public <T> T call(Callable<T> action) {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter();
            return action.call();
        });
        // The thread ends in the namespace; it is not worth the trouble to bring it back.
        Thread.ofPlatform().name("netns-" + path.getFileName()).daemon().start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in network namespace " + path, e);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        }
    }

    /** As {@link #call}, for an action without a result. */
    public void run(Runnable action) {
        call(() -> {
            action.run();
            return null;
        });
    }

    /**
     * Moves the calling thread to this namespace for good; it must be a platform thread.
     *
     * @throws LinuxException if there is no such namespace, or CAP_SYS_ADMIN is missing
     */
    public void enter() throws LinuxException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread cannot enter a network namespace");
        }
        Syscalls syscalls = new Syscalls();
        int fd = syscalls.open(path.toString(), Syscalls.O_RDONLY);
        if (fd == -Errno.ENOENT) {
            throw LinuxException.explained("no such network namespace: " + path, Errno.ENOENT);
        }
        Syscalls.check(fd, "cannot open network namespace " + path);
        int result = syscalls.setns(fd, Syscalls.CLONE_NEWNET);
        syscalls.close(fd);
        Syscalls.check(result, "cannot enter network namespace " + path);
    }

    private static RuntimeException unchecked(Throwable failure) {
        return switch (failure) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            case IOException e -> new UncheckedIOException(e.getMessage(), e);
            default -> new IllegalStateException(failure.toString(), failure);
        };
    }
}
