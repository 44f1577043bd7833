package io.mptcp.netty.socket;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PendingConnect;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection of the stack for threads that block. Between them and the event loop are a {@link WriteQueue} and a {@link BytePipe}: the loop moves bytes
 * between these and the connection, and never waits; a thread that finds one full or empty asks the loop for a move and parks.
 */
final class StackStream implements StreamSocket, ConnectionHandler, ConnectListener {
    private static final IpEndpoint UNBOUND = new IpEndpoint(IpAddress.ANY, 0);
    private static final int NO_LINGER = -1;

    private final SocketStack stack;
    private final BytePipe input = new BytePipe();
    private final WriteQueue output = new WriteQueue();
    private final Waiter reader = new Waiter();
    private final Waiter writer = new Waiter();
    /** Who connects, or lingers in close. */
    private final Waiter owner = new Waiter();
    private final AtomicBoolean moveIsDue = new AtomicBoolean();
    private final Runnable moveTask = this::moveForCaller;

    // Written by callers.
    private volatile IpEndpoint bound = UNBOUND;
    private volatile SocketOptions options;
    private volatile int lingerSeconds = NO_LINGER;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile boolean closed;
    private boolean resetTold;

    // Written by the loop.
    private volatile MptcpConnection connection;
    private volatile CloseReason connectFailure = CloseReason.NONE;
    private volatile CloseReason over = CloseReason.NONE;
    /** Nothing more will be put into the input pipe. */
    private volatile boolean inputEnded;
    /** The end of the stream was that of its data, not of the connection. */
    private volatile boolean inputEndedInOrder;
    /** The input pipe was full, the reader has to ask for more. */
    private volatile boolean inputStalled;
    /** After {@link #close}: everything sent has been acknowledged, or will not be. */
    private volatile boolean lingerDone;

    /** Kept because a reference that is itself collected tells nothing. */
    private Reference<Object> owned;

    // Of the loop only.
    private PendingConnect attempt;
    private boolean outputEnded;
    private boolean closing;
    /** The stack is gone, its connection must not be touched. */
    private boolean detached;

    StackStream(SocketStack stack) {
        this.stack = stack;
        this.options = stack.defaultOptions();
    }

    /** A connection that a listener took. On the loop. */
    static StackStream accepted(SocketStack stack, MptcpConnection connection, SocketOptions options) {
        StackStream stream = new StackStream(stack);
        stream.options = options;
        connection.setSocketOptions(options); // They may have changed since the listener was opened.
        connection.listener().addWaiting(1);
        stream.connected(connection);
        return stream;
    }

    // ==== callers ====

    /** The application has accepted it. */
    void looked() throws SocketException {
        stack.execute(() -> connection.listener().addWaiting(-1));
    }

    /** Nobody will accept it any more. */
    void resetFromOutside() {
        stack.runOnLoop(this::reset);
    }

    @Override
    public void closeWith(Object holder) {
        owned = stack.watch(holder, this);
    }

    @Override
    public void bind(IpEndpoint local) throws BindException {
        if (local.port() != 0) {
            throw new BindException("the local port cannot be chosen: bind to port 0"); // The ports are shared out between the loops and the kernel.
        }
        bound = local;
    }

    @Override
    public void connect(IpEndpoint remote, int timeoutMillis) throws IOException {
        stack.execute(() -> startConnect(remote));
        long timeoutNanos = timeoutMillis == 0 ? Waiter.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        boolean answered = owner.await(() -> connection != null || connectFailure != CloseReason.NONE || closed, timeoutNanos);
        if (closed) {
            throw closedException();
        }
        if (!answered) {
            throw new SocketTimeoutException("Connect timed out");
        }
        if (connection == null) {
            throw connectException(connectFailure);
        }
    }

    private static IOException connectException(CloseReason reason) {
        return switch (reason) {
            case REFUSED -> new ConnectException("Connection refused");
            case RESET -> new ConnectException("Connection reset");
            case TIMED_OUT -> new ConnectException("Connection timed out");
            case UNREACHABLE -> new NoRouteToHostException("No route to host");
            default -> new ConnectException("Connection not opened: " + reason);
        };
    }

    @Override
    public int read(byte[] target, int offset, int length, long timeoutNanos) throws IOException {
        while (true) {
            if (closed) {
                throw closedException();
            }
            if (inputShut) {
                return -1;
            }
            boolean last = inputEnded; // before the pipe is looked at
            int count = input.take(target, offset, length);
            if (count > 0) {
                if (inputStalled && input.hasRoom() || input.isIdleAndLarge()) {
                    inputStalled = false;
                    requestMove();
                }
                return count;
            }
            if (last) {
                return endOfInput();
            }
            stack.checkMayBlock();
            if (!reader.await(() -> !input.isEmpty() || inputEnded || inputShut || closed, timeoutNanos)) {
                throw new SocketTimeoutException("Read timed out");
            }
        }
    }

    private int endOfInput() throws SocketException {
        if (inputEndedInOrder) {
            return -1;
        }
        resetTold = true;
        throw failure(over);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            checkWritable();
            int count = output.put(source, offset + done, length - done);
            if (count > 0) {
                done += count;
                requestOutput();
            } else {
                writer.await(() -> output.hasRoom() || over != CloseReason.NONE || outputShut || closed, Waiter.FOREVER);
            }
        }
    }

    private void checkWritable() throws SocketException {
        if (closed) {
            throw closedException();
        }
        CloseReason reason = over;
        if (reason != CloseReason.NONE && reason != CloseReason.CLOSED && !resetTold) {
            resetTold = true; // As with a socket's error: told once, by whatever call comes first.
            throw failure(reason);
        }
        if (outputShut || reason != CloseReason.NONE) {
            throw new SocketException("Broken pipe");
        }
    }

    private static SocketException failure(CloseReason reason) {
        return new SocketException(switch (reason) {
            case RESET, REFUSED -> "Connection reset";
            case TIMED_OUT -> "Connection timed out";
            case UNREACHABLE -> "No route to host";
            case ABORTED -> "Connection aborted: the stack was closed";
            default -> "Connection aborted: " + reason;
        });
    }

    private static SocketException closedException() {
        return new SocketException("Socket closed");
    }

    @Override
    public int available() throws IOException {
        if (closed) {
            throw closedException();
        }
        return inputShut ? 0 : input.size();
    }

    @Override
    public void shutdownInput() throws IOException {
        inputShut = true;
        reader.signal();
        requestMove();
    }

    @Override
    public void shutdownOutput() throws IOException {
        outputShut = true;
        writer.signal();
        requestMove();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        reader.signal();
        writer.signal();
        owner.signal();
        boolean running = stack.tryExecute(this::startClose);
        int linger = lingerSeconds;
        if (running && linger > 0 && connection != null) {
            owner.await(() -> lingerDone, TimeUnit.SECONDS.toNanos(linger));
        }
    }

    /** Nobody has the socket any more. On the loop. */
    void abandoned() {
        closed = true;
        startClose();
    }

    /** Ends a connection nobody has seen. On the loop. */
    void reset() {
        lingerSeconds = 0;
        closed = true;
        startClose();
    }

    @Override
    public IpEndpoint local() {
        MptcpConnection current = connection;
        return current == null ? bound == UNBOUND ? null : bound : current.local();
    }

    @Override
    public IpEndpoint remote() {
        MptcpConnection current = connection;
        return current == null ? null : current.remote();
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        if (closed) {
            throw closedException();
        }
        if (option == StandardSocketOptions.SO_LINGER) {
            lingerSeconds = (Integer) value;
            return;
        }
        SocketOptions changed = StackOptions.with(options, option, value);
        options = changed;
        if (connection != null) {
            stack.execute(() -> {
                if (!detached) {
                    connection.setSocketOptions(changed);
                    stack.driver().wake();
                }
            });
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(SocketOption<T> option) throws IOException {
        if (closed) {
            throw closedException();
        }
        if (option == StandardSocketOptions.SO_LINGER) {
            return (T) (Integer) lingerSeconds;
        }
        return StackOptions.get(options, stack.tcpConfig(), option);
    }

    @Override
    public MptcpInfo mptcpInfo() throws IOException {
        MptcpConnection current = connection;
        return current == null ? null : stack.call(() -> current.mptcpInfo(stack.nowNanos()));
    }

    /** The subflows there are, and the last of those that have closed. */
    List<SubflowInfo> subflows() throws IOException {
        MptcpConnection current = connection;
        return current == null ? List.of() : stack.call(current::subflows);
    }

    private void requestOutput() throws SocketException {
        try {
            requestMove();
        } catch (SocketException e) {
            output.abandon();
            throw e;
        }
    }

    private void requestMove() throws SocketException {
        if (moveIsDue.compareAndSet(false, true)) {
            stack.execute(moveTask);
        }
    }

    // ==== the loop ====

    private void startConnect(IpEndpoint remote) {
        if (closed) {
            return;
        }
        stack.add(this);
        attempt = stack.connect(bound.address(), remote, options, this);
    }

    @Override
    public void connected(MptcpConnection opened) {
        attempt = null;
        opened.attach(this);
        stack.add(this);
        connection = opened;
        owner.signal();
        if (closed) {
            startClose();
        }
    }

    @Override
    public void failed(CloseReason reason) {
        attempt = null;
        stack.remove(this);
        connectFailure = reason;
        owner.signal();
    }

    @Override
    public void ready(MptcpConnection ready, int readiness) {
        move();
        if ((readiness & Readiness.CLOSED) != 0 && closing) {
            ready.close();
            stack.remove(this);
        }
    }

    /** The stack goes away with all its connections. */
    void stackClosing() {
        detached = true;
        attempt = null;
        connectFailure = CloseReason.ABORTED;
        if (over == CloseReason.NONE) {
            over = CloseReason.ABORTED;
        }
        inputEnded = true;
        lingerDone = true;
        output.clear();
        signalAll();
    }

    private void moveForCaller() {
        moveIsDue.set(false); // before looking: what comes later asks again
        if (detached) {
            output.clear(); // somebody was about to write
        } else if (connection != null) {
            move();
            stack.driver().wake();
        }
    }

    private void move() {
        if (connection.isClosed() && over == CloseReason.NONE) {
            over = connection.closeReason();
        }
        if (closing) {
            moveAfterClose();
            return;
        }
        moveOutput();
        moveInput();
    }

    private void moveInput() {
        boolean moved = false;
        for (int readable = connection.readableBytes(); readable > 0; readable = connection.readableBytes()) {
            if (inputShut) {
                discard();
                continue;
            }
            int room = input.reserve(readable);
            if (room == 0) {
                inputStalled = true;
                if (input.hasRoom()) {
                    continue; // The reader was faster and may not have seen it.
                }
                break;
            }
            input.produced(connection.read(input.memory(), input.writeIndex(), Math.min(room, readable)));
            moved = true;
        }
        if (!inputEnded && connection.readableBytes() == 0 && (connection.isEndOfStream() || over != CloseReason.NONE)) {
            inputEndedInOrder = connection.isEndOfStream();
            inputEnded = true;
            moved = true;
        }
        if (moved) {
            reader.signal();
        } else {
            input.releaseIfEmpty();
        }
    }

    private void discard() {
        MemorySegment scratch = stack.scratch();
        while (connection.read(scratch, 0, (int) scratch.byteSize()) > 0) {
            continue;
        }
    }

    private void moveOutput() {
        boolean end = outputShut; // before the pipe is looked at
        if (over != CloseReason.NONE || outputEnded) {
            output.clear();
        }
        output.moveTo(connection);
        if (end && output.isEmpty() && !outputEnded && over == CloseReason.NONE) {
            connection.shutdownOutput();
            outputEnded = true;
        }
        if (output.hasRoom() || over != CloseReason.NONE) {
            writer.signal();
        }
    }

    private void startClose() {
        if (closing || detached) {
            return;
        }
        if (connection == null) {
            if (attempt != null) {
                attempt.cancel();
                attempt = null;
            }
            stack.remove(this);
            return;
        }
        closing = true;
        boolean unread = !inputShut && (!input.isEmpty() || connection.readableBytes() > 0);
        // RFC 2525 section 2.17: a peer whose data is thrown away hears of it by a reset.
        if (connection.isClosed() || unread || lingerSeconds == 0) {
            end(!connection.isClosed());
        } else {
            moveAfterClose();
        }
        stack.driver().wake();
    }

    private void moveAfterClose() {
        if (connection.isClosed() || lingerDone) {
            lingerDone = true;
            output.clear();
            owner.signal();
            return;
        }
        if (inputShut) {
            discard();
        } else if (connection.readableBytes() > 0) {
            end(true);
            return;
        }
        moveOutput();
        if (output.isEmpty()) {
            connection.close();
            lingerDone = connection.isOutputEndAcknowledged();
            owner.signal();
        }
    }

    private void end(boolean abort) {
        if (abort) {
            connection.abort();
        }
        connection.close();
        lingerDone = true;
        output.clear();
        stack.remove(this);
        signalAll();
    }

    private void signalAll() {
        reader.signal();
        writer.signal();
        owner.signal();
    }
}
