package io.mptcp.netty;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file descriptor of a link on an event loop, edge-triggered: {@code onReadable} has to read until there is nothing left, or to call
 * {@link #readAgain}. Does not own the descriptor.
 */
final class FdPoll implements EpollIoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(FdPoll.class);
    private static final EpollIoOps READ = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET);
    private static final EpollIoOps READ_WRITE = READ.with(EpollIoOps.EPOLLOUT);

    private final FileDescriptor fd;
    private final Runnable onReadable;
    private final Runnable onWritable;
    private IoRegistration registration;
    private boolean wantsWrite;
    private boolean closed;
    private boolean failureLogged;

    FdPoll(IoEventLoop loop, int fd, Runnable onReadable, Runnable onWritable) {
        this.fd = new FileDescriptor(fd);
        this.onReadable = onReadable;
        this.onWritable = onWritable;
        loop.register(this).addListener(future -> {
            if (!future.isSuccess()) {
                LOG.error("descriptor {} cannot be polled: {}", fd, future.cause().toString());
                return;
            }
            registration = (IoRegistration) future.getNow();
            if (closed) {
                registration.cancel();
            } else {
                arm();
            }
        });
    }

    /** Asks for one call of {@code onWritable}, once there is room. */
    void awaitWritable() {
        if (!wantsWrite) {
            wantsWrite = true;
            arm();
        }
    }

    /**
     * Calls {@code onReadable} again in the loop's next round: it stopped before everything was read. Others have their turn before: a task
     * given to the loop would go ahead of all descriptors, for as long as it is given again.
     */
    void readAgain() {
        arm(); // for epoll what is there already is a new edge then
    }

    private void arm() {
        if (registration != null) {
            registration.submit(wantsWrite ? READ_WRITE : READ);
        }
    }

    @Override
    public FileDescriptor fd() {
        return fd;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        if (closed) {
            return; // by another descriptor's event of the same round
        }
        EpollIoOps ops = ((EpollIoEvent) event).ops();
        if (wantsWrite && ops.contains(EpollIoOps.EPOLLOUT)) {
            wantsWrite = false;
            arm();
            guarded(onWritable);
        }
        // EPOLLERR stands for an error to be fetched by the next read.
        if (!closed && (ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLERR))) {
            guarded(onReadable);
        }
    }

    /** An exception must not reach the loop: it would sleep for a second. */
    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable failure) {
            if (!failureLogged) {
                failureLogged = true;
                LOG.error("internal error in a link, reported once: {}", failure.toString());
            }
            LOG.debug("internal error in a link", failure);
        }
    }

    /** Leaves the loop; to be called before the descriptor is closed. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (registration != null) {
                try {
                    registration.cancel();
                } catch (RejectedExecutionException ended) {
                    LOG.debug("descriptor {} has left its loop together with all others", fd.intValue());
                }
            }
        }
    }
}
