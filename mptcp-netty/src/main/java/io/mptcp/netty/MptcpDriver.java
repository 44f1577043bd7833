package io.mptcp.netty;

import io.mptcp.netty.linux.Syscalls;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Ticker;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one {@link Stack} on a Netty event loop beside ordinary channels: feeds it from its links, sends what it has, arms one timer,
 * and calls {@link ConnectionHandler}s. The only reader of the clock, which is the loop's {@link Ticker}. Several drivers may share a loop.
 *
 * <p>All work is done in <em>turns</em>: after a burst of received segments, when the timer fires, when a link has room again, and after
 * {@link #wake()}. A turn fires due timers, calls handlers, sends within a budget, flushes each link once, and arms the timer. Before timers fire
 * links are read: when this thread did not get to run, what looks like a peer's silence may only be waiting to be read.
 */
public final class MptcpDriver {
    /** Largest TCP segment that crosses the border of the engine: a header and 65 535 bytes (the longest DSS mapping). */
    static final int MAX_SEGMENT_BYTES = TcpSegment.MAX_HEADER_LENGTH + 0xffff;

    private static final Logger LOG = LoggerFactory.getLogger(MptcpDriver.class);
    private static final int MAX_LINKS = 256;
    /** What one turn may send before other tasks of the loop get theirs. */
    private static final int TRANSMIT_BUDGET_SEGMENTS = 128;
    private static final int TRANSMIT_BUDGET_BYTES = 2 << 20;
    /** What one turn may call before it sends. */
    private static final int READY_BUDGET = 256;
    private static final int CLOSE_BUDGET_SEGMENTS = 4096;
    /** What is read of each link before timers that are about punctual. */
    private static final int POLL_BUDGET_SEGMENTS = 64;
    /**
     * Timers later than this tell that the thread was held up, and turns this far apart that it may have been: everything that arrived meanwhile is
     * read before timers fire, and before anything is sent. Else what one link says would be acted upon as if the others were silent.
     */
    private static final long HELD_UP_NANOS = 10_000_000;
    /** More than the receive buffer of a socket holds. */
    private static final int BACKLOG_SEGMENTS = 16_384;
    /** Keeps a stack whose deadline does not move on from taking the whole core. */
    private static final long SPIN_BRAKE_NANOS = 1_000_000;
    private static final long NEVER = Long.MAX_VALUE;

    private final IoEventLoop loop;
    private final Stack stack;
    private final Ticker clock;
    private final LinkPort[] ports = new LinkPort[MAX_LINKS];
    private final List<LinkPort> portList = new ArrayList<>();
    private final SegmentLink.Receiver receiver = new LinkReceiver();
    private final Runnable turnTask = this::scheduledTurn;
    private final Runnable timerTask = this::timerFired;
    private final PacketSlot out = new PacketSlot();

    /** Null while this stack is alone. */
    private ShardExchange shards;
    private Future<?> timer;
    private long timerDeadlineNanos = NEVER;
    /** The time of the turn that there is, or was last. */
    private long turnNanos;
    private boolean inTurn;
    private boolean turnScheduled;
    private boolean closeRequested;
    private boolean closed;
    private boolean failureLogged;
    private Runnable onRoutingChange = () -> { };

    /** Drives a stack that nobody else drives, on this loop. */
    public MptcpDriver(IoEventLoop loop, Stack stack) {
        this.loop = loop;
        this.stack = stack;
        this.clock = loop.ticker();
        out.gather = true;
        stack.onInternalError(MptcpDriver::logInternalError);
        loop.execute(MptcpDriver::sharpenTimers);
    }

    private static void logInternalError(MptcpConnection connection, RuntimeException failure) {
        String whose = connection == null ? "outside any connection" : connection.local() + " -> " + connection.remote();
        LOG.warn("internal error ({}): {}", whose, failure.toString());
        LOG.debug("internal error", failure);
    }

    /** By default the kernel wakes a thread up to 50 µs late, which is much for pacing. A setting of the loop's thread. */
    private static void sharpenTimers() {
        try {
            new Syscalls().setTimerSlack(1);
        } catch (LinkageError notLinux) {
            LOG.debug("timers stay as they are: {}", notLinux.toString());
        }
    }

    /** The one thread that may use the stack. */
    public IoEventLoop loop() {
        return loop;
    }

    /** Called on the loop whenever a link has noticed that addresses or routes of the host have changed; often several times for one change. */
    public void onRoutingChange(Runnable action) {
        onRoutingChange = action;
    }

    /** Use it on the loop only. */
    public Stack stack() {
        return stack;
    }

    /**
     * Adds a link to the stack and starts it. On the loop.
     *
     * @throws IllegalStateException on another thread, or if the link's number is taken
     */
    public void addLink(SegmentLink link) {
        checkThread();
        if (ports[link.id()] != null) {
            throw new IllegalStateException("link id " + link.id() + " is taken by " + ports[link.id()].link().name());
        }
        LinkPort port = new LinkPort(link, stack);
        stack.addLink(link.id(), link.properties());
        ports[link.id()] = port;
        portList.add(port);
        reserveOutput(link.headroomBytes());
        link.start(loop, receiver);
        if (!link.isUp()) {
            stack.setLinkUp(link.id(), false);
        }
        wake();
    }

    /** What {@link SegmentLink#properties} says of a link has been changed by its owner: subflows follow. On the loop. */
    public void updateLink(SegmentLink link) {
        checkThread();
        stack.addLink(link.id(), link.properties());
        wake();
    }

    /**
     * Lets several stacks, each on a loop of its own, share their addresses and ports: segments of a subflow that came to another stack than that of its
     * connection are passed on. The stacks are configured with {@link io.mptcp.stack.TokenShard}s in this order, their links are the same paths under
     * the same numbers. Before anything is listened on; on no loop.
     */
    public static void share(List<MptcpDriver> drivers) {
        List<ShardExchange> exchanges = ShardExchange.among(drivers);
        for (int i = 0; i < drivers.size(); i++) {
            MptcpDriver driver = drivers.get(i);
            ShardExchange exchange = exchanges.get(i);
            driver.loop.submit(() -> driver.shards = exchange).syncUninterruptibly();
        }
    }

    /** A segment that another stack's link has received. */
    void receivePassedOn(PacketSlot slot, int replyHint) {
        LinkPort port = ports[slot.linkId];
        if (closed || port == null) {
            return;
        }
        try {
            port.link().learn(slot, replyHint);
            stack.receive(clock.nanoTime(), slot);
        } catch (Throwable failure) {
            logFailure("reception", failure);
        }
    }

    /** The end of a burst of {@link #receivePassedOn}. */
    void passedOn() {
        turn();
    }

    /** Takes a link away and closes it: to the stack it is down from now on. Its number may be used again by a link that is like it. On the loop. */
    public void removeLink(SegmentLink link) {
        checkThread();
        LinkPort port = ports[link.id()];
        if (closed || port == null || port.link() != link) {
            return;
        }
        port.stateChanged(false);
        ports[link.id()] = null;
        portList.remove(port);
        link.close();
        wake();
    }

    /** The link of that number, null if there is none. */
    public SegmentLink link(int linkId) {
        LinkPort port = linkId < 0 || linkId >= MAX_LINKS ? null : ports[linkId];
        return port == null ? null : port.link();
    }

    /** The links in the order they were added. */
    public List<SegmentLink> links() {
        return portList.stream().map(LinkPort::link).toList();
    }

    /** To be called on the loop after the application API of the stack was used outside a handler: soon afterwards everything due is sent. */
    public void wake() {
        checkThread();
        // Inside a turn there is nothing to do: what handlers ask for is sent by the same turn, and by another one if its budget ends.
        if (!turnScheduled && !inTurn && !closed && !loop.isTerminated()) {
            turnScheduled = true;
            loop.execute(turnTask);
        }
    }

    /**
     * Sends what is left to send (resets, final ACKs), closes the links and then the stack, which ends what connections there still are and frees
     * their memory; statistics can be read on. On the loop, or on any thread once that has ended; from within a handler it happens after the turn.
     */
    public void close() {
        checkThread();
        if (closed) {
            return;
        }
        if (inTurn) {
            closeRequested = true;
            return;
        }
        closed = true;
        armTimer(NEVER);
        try {
            transmit(clock.nanoTime(), CLOSE_BUDGET_SEGMENTS, Long.MAX_VALUE);
            flushLinks();
        } catch (Throwable failure) {
            logFailure("sending the last segments", failure);
        }
        for (LinkPort port : portList) {
            try {
                port.link().close();
            } catch (Throwable failure) {
                LOG.warn("link {} could not be closed: {}", port.link().name(), failure.toString());
            }
        }
        stack.close(); // last: links may have referred to payload
        releaseHandedOver();
    }

    private void checkThread() {
        if (!loop.inEventLoop() && !loop.isTerminated()) {
            throw new IllegalStateException("the driver belongs to the thread of its event loop: use loop().execute");
        }
    }

    private void scheduledTurn() {
        turnScheduled = false;
        turn();
    }

    private void timerFired() {
        timerDeadlineNanos = NEVER;
        turn();
    }

    /** Never throws: an exception that reached the loop's poll would make the whole loop sleep for a second. */
    private void turn() {
        if (closed || inTurn) {
            return;
        }
        boolean more = false;
        inTurn = true;
        try {
            more = work();
        } catch (Throwable failure) {
            logFailure("a turn", failure);
        } finally {
            inTurn = false;
        }
        if (closeRequested) {
            close();
        } else if (more) {
            turnInNextRound();
        } else {
            armTimer(stack.deadlineNanos());
        }
    }

    /** @return whether there may be more to do at once */
    private boolean work() {
        long lastTurnNanos = turnNanos;
        turnNanos = clock.nanoTime();
        boolean heldUp = Math.max(turnNanos - stack.deadlineNanos(), turnNanos - lastTurnNanos) > HELD_UP_NANOS;
        if (heldUp || stack.deadlineNanos() <= turnNanos) {
            pollLinks(heldUp ? BACKLOG_SEGMENTS : POLL_BUDGET_SEGMENTS);
            turnNanos = clock.nanoTime();
            stack.expire(turnNanos);
        }
        releaseHandedOver(); // first: handlers may want to use it again
        boolean more = callHandlers() == READY_BUDGET;
        releaseHandedOver();
        more |= !transmit(turnNanos, TRANSMIT_BUDGET_SEGMENTS, TRANSMIT_BUDGET_BYTES);
        flushLinks();
        // Sending can make connections ready, too (a reset sent is a connection closed); what their handlers ask for is left to another turn.
        return more | callHandlers() > 0 | releaseHandedOver();
    }

    /** Tells owners of memory that it is not needed any more. @return whether there were any */
    private boolean releaseHandedOver() {
        boolean any = false;
        for (Runnable release = stack.nextReleased(); release != null; release = stack.nextReleased()) {
            any = true;
            try {
                release.run();
            } catch (Throwable failure) {
                LOG.warn("the owner of memory that was sent failed: {}", failure.toString());
                LOG.debug("failure of an owner of memory", failure);
            }
        }
        return any;
    }

    private void pollLinks(int segments) {
        for (int i = 0; i < portList.size(); i++) {
            portList.get(i).link().poll(segments);
        }
    }

    /** As {@link #wake}, but links and other channels are looked at before: a task given to the loop now would go ahead of them. */
    private void turnInNextRound() {
        if (!turnScheduled) {
            turnScheduled = true;
            loop.schedule(turnTask, 0, TimeUnit.NANOSECONDS);
        }
    }

    /** @return how many connections were called, at most {@link #READY_BUDGET} */
    private int callHandlers() {
        for (int called = 0; called < READY_BUDGET; called++) {
            MptcpConnection connection = stack.nextReady();
            if (connection == null) {
                return called;
            }
            int readiness = connection.takeReadiness();
            if ((readiness & Readiness.ACCEPTED) != 0) {
                call(listenerHandler(connection), connection, Readiness.ACCEPTED);
                readiness &= ~Readiness.ACCEPTED;
            }
            if (readiness != 0) {
                Object attachment = connection.attachment();
                call(attachment instanceof ConnectionHandler handler ? handler : listenerHandler(connection), connection, readiness);
            }
        }
        return READY_BUDGET;
    }

    private static ConnectionHandler listenerHandler(MptcpConnection connection) {
        Listener listener = connection.listener();
        return listener != null && listener.attachment() instanceof ConnectionHandler handler ? handler : null;
    }

    private void call(ConnectionHandler handler, MptcpConnection connection, int readiness) {
        if (handler == null) {
            if ((readiness & Readiness.CLOSED) == 0) {
                LOG.warn("connection {} -> {} has no ConnectionHandler attached and was aborted", connection.local(), connection.remote());
                connection.abort();
            }
            return;
        }
        try {
            handler.ready(connection, readiness);
        } catch (Throwable failure) {
            LOG.warn("connection {} -> {} was aborted because its handler failed: {}", connection.local(), connection.remote(),
                    failure.toString());
            LOG.debug("handler failure", failure);
            connection.abort();
        }
    }

    /** @return false when the budget ended first */
    private boolean transmit(long now, int segments, long bytes) {
        while (segments > 0 && bytes > 0) {
            out.clearPayloadReference();
            out.segmentSize = 0;
            if (!stack.transmit(now, out)) {
                return true;
            }
            segments--;
            bytes -= out.totalLength();
            LinkPort port = ports[out.linkId];
            if (port != null) {
                port.send(out);
            }
        }
        return false;
    }

    private void flushLinks() {
        for (int i = 0; i < portList.size(); i++) {
            portList.get(i).flush();
        }
    }

    private void reserveOutput(int headroomBytes) {
        if (out.buffer == null || out.offset < headroomBytes) {
            out.buffer = Arena.ofAuto().allocate(headroomBytes + MAX_SEGMENT_BYTES);
            out.offset = headroomBytes;
        }
    }

    /**
     * Arms the one timer, but only for an earlier moment than it is armed for: most deadlines move away with every ACK, and a timer that
     * fires too early costs less than one cancelled and scheduled for every segment.
     */
    private void armTimer(long deadlineNanos) {
        if (deadlineNanos >= timerDeadlineNanos && deadlineNanos != NEVER) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        timerDeadlineNanos = deadlineNanos;
        if (deadlineNanos != NEVER) {
            long delayNanos = deadlineNanos <= turnNanos ? SPIN_BRAKE_NANOS : Math.max(0, deadlineNanos - clock.nanoTime());
            timer = loop.schedule(timerTask, delayNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void logFailure(String where, Throwable failure) {
        if (!failureLogged) {
            failureLogged = true;
            LOG.error("internal error in {} of the stack, reported once: {}", where, failure.toString());
        }
        LOG.debug("internal error in {}", where, failure);
    }

    private final class LinkReceiver implements SegmentLink.Receiver {
        @Override
        public void received(SegmentLink link, PacketSlot slot) {
            if (closed) {
                return;
            }
            slot.linkId = link.id();
            try {
                if (shards == null || !shards.passOn(link, slot)) {
                    stack.receive(clock.nanoTime(), slot);
                }
            } catch (Throwable failure) {
                logFailure("reception", failure);
            }
        }

        @Override
        public void drained(SegmentLink link) {
            if (inTurn) {
                turnAgain();
            } else {
                turn();
            }
        }

        @Override
        public void writable(SegmentLink link) {
            if (closed) {
                return;
            }
            try {
                ports[link.id()].writable();
            } catch (Throwable failure) {
                logFailure("link " + link.name(), failure);
            }
            drained(link);
        }

        @Override
        public void propertiesChanged(SegmentLink link) {
            if (closed) {
                return;
            }
            LOG.info("link {} has an MTU of {} bytes and takes super-segments of up to {} bytes", link.name(), link.properties().mtuBytes(),
                    link.properties().maxSuperSegmentBytes());
            stack.addLink(link.id(), link.properties());
            drained(link);
        }

        @Override
        public void routingChanged(SegmentLink link) {
            if (!closed) {
                onRoutingChange.run();
            }
        }

        @Override
        public void linkStateChanged(SegmentLink link, boolean up) {
            if (closed) {
                return;
            }
            LOG.info("link {} is {}", link.name(), up ? "up" : "down");
            ports[link.id()].stateChanged(up);
            drained(link);
        }

        /** Links that deliver from within send (in memory) come here during a turn. */
        private void turnAgain() {
            if (!turnScheduled) {
                turnScheduled = true;
                loop.execute(turnTask);
            }
        }
    }
}
