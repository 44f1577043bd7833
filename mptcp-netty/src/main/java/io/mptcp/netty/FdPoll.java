package io.mptcp.netty;

import io.mptcp.netty.linux.SelectableDescriptor;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.nio.NioIoEvent;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file descriptor of a link on an event loop: {@code onReadable} has to read until there is nothing left, or to call {@link #readAgain}. Does not own
 * the descriptor. On loops of epoll it is polled edge-triggered, on those of NIO level-triggered.
 */
abstract class FdPoll implements IoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(FdPoll.class);

    final int fd;
    private final Runnable onReadable;
    private final Runnable onWritable;
    private IoRegistration registration;
    private boolean wantsWrite;
    private boolean closed;
    private boolean failureLogged;

    private FdPoll(int fd, Runnable onReadable, Runnable onWritable) {
        this.fd = fd;
        this.onReadable = onReadable;
        this.onWritable = onWritable;
    }

    /** Whether descriptors can be polled on that loop. */
    static boolean isCompatible(IoEventLoop loop) {
        return loop.isCompatible(EpollIoHandle.class) || loop.isCompatible(NioIoHandle.class);
    }

    static FdPoll on(IoEventLoop loop, int fd, Runnable onReadable, Runnable onWritable) {
        FdPoll poll = loop.isCompatible(EpollIoHandle.class) ? new OnEpoll(fd, onReadable, onWritable) : new OnNio(fd, onReadable, onWritable);
        poll.join(loop);
        return poll;
    }

    private void join(IoEventLoop loop) {
        try {
            prepare();
        } catch (IOException e) {
            LOG.error("descriptor {} cannot be polled: {}", fd, e.getMessage());
            return;
        }
        loop.register(this).addListener(future -> {
            if (!future.isSuccess()) {
                if (!closed) {
                    LOG.error("descriptor {} cannot be polled: {}", fd, future.cause().toString());
                }
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
            registration.submit(interest(wantsWrite));
        }
    }

    /** Before the loop gets it. */
    void prepare() throws IOException {
    }

    abstract IoOps interest(boolean write);

    /** When nothing is to be heard any more. */
    void left() {
    }

    final void ready(boolean readable, boolean writable) {
        if (closed) {
            return; // by another descriptor's event of the same round
        }
        if (wantsWrite && writable) {
            wantsWrite = false;
            arm();
            guarded(onWritable);
        }
        if (!closed && readable) {
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
    public final void close() {
        if (!closed) {
            closed = true;
            if (registration != null) {
                try {
                    registration.cancel();
                } catch (RejectedExecutionException ended) {
                    LOG.debug("descriptor {} has left its loop together with all others", fd);
                }
            }
            left();
        }
    }

    private static final class OnEpoll extends FdPoll implements EpollIoHandle {
        private static final EpollIoOps READ = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET);
        private static final EpollIoOps READ_WRITE = READ.with(EpollIoOps.EPOLLOUT);

        private final FileDescriptor descriptor;

        OnEpoll(int fd, Runnable onReadable, Runnable onWritable) {
            super(fd, onReadable, onWritable);
            descriptor = new FileDescriptor(fd);
        }

        @Override
        public FileDescriptor fd() {
            return descriptor;
        }

        @Override
        IoOps interest(boolean write) {
            return write ? READ_WRITE : READ;
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            EpollIoOps ops = ((EpollIoEvent) event).ops();
            // EPOLLERR stands for an error to be fetched by the next read.
            ready(ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLERR), ops.contains(EpollIoOps.EPOLLOUT));
        }
    }

    /** A selector reports an error as everything it was asked for. */
    private static final class OnNio extends FdPoll implements NioIoHandle {
        private SelectableDescriptor descriptor;

        OnNio(int fd, Runnable onReadable, Runnable onWritable) {
            super(fd, onReadable, onWritable);
        }

        @Override
        void prepare() throws IOException {
            descriptor = SelectableDescriptor.of(fd);
        }

        @Override
        public SelectableChannel selectableChannel() {
            return descriptor.channel();
        }

        @Override
        IoOps interest(boolean write) {
            return write ? NioIoOps.READ_AND_WRITE : NioIoOps.READ;
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            NioIoOps ops = ((NioIoEvent) event).ops();
            ready(ops.contains(NioIoOps.READ), ops.contains(NioIoOps.WRITE));
        }

        @Override
        void left() {
            if (descriptor != null) {
                descriptor.close();
            }
        }
    }
}
