package io.mptcp.cli.testport;

import io.mptcp.sim.socket.EmittedPacket;
import io.mptcp.sim.socket.Errno;
import io.mptcp.sim.socket.Outcome;
import io.mptcp.sim.socket.Sockets;
import io.mptcp.sim.socket.Call;
import io.mptcp.wire.IpEndpoint;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of one client thread: reads its requests and answers them. Nothing in them ends more than this connection. */
final class ClientConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
    private static final int KIND_FINAL = 0;
    private static final int KIND_PARKED = 1;
    private static final int MAX_POLLED = 1024;

    private final Sessions sessions;
    private final DataInputStream in;
    private final OutputStream out;
    private Session session;
    /** This connection began the session: its end is the session's. */
    private boolean owner;

    ClientConnection(Sessions sessions, DataInputStream in, OutputStream out) {
        this.sessions = sessions;
        this.in = in;
        this.out = out;
    }

    /** Serves until the client is gone. */
    void serve() {
        try {
            while (serveOne()) {
                // the next request
            }
        } catch (IOException e) {
            LOG.debug("client gone: {}", e.toString());
        } finally {
            if (owner) {
                sessions.end(session);
            }
        }
    }

    private boolean serveOne() throws IOException {
        long now = 0;
        try {
            Frame frame = Frame.read(in);
            if (frame == null) {
                return false;
            }
            now = frame.nowMicros;
            handle(frame);
        } catch (Frame.Malformed e) {
            LOG.debug("bad frame: {}", e.getMessage());
            reply(Outcome.of(-1, e.getMessage().getBytes(StandardCharsets.UTF_8)), Errno.EINVAL, now);
        } catch (RuntimeException e) {
            LOG.warn("a request failed: {}", e.toString());
            LOG.debug("a request failed", e);
            reply(Outcome.error(Errno.EINVAL), Errno.EINVAL, now);
        }
        return true;
    }

    private void handle(Frame frame) throws IOException, Frame.Malformed {
        switch (frame.op) {
            case Op.HELLO -> hello(frame);
            case Op.ATTACH -> attach(frame);
            case Op.CONTROL -> control(frame);
            case Op.NETSEND -> replyTime(known().inject(frame.nowMicros, frame.rest()));
            case Op.NETRECV -> receive(frame);
            case Op.ADVANCE -> replyTime(known().advance(frame.nowMicros));
            default -> known().call(frame, sockets -> toCall(frame, sockets), () -> send(KIND_PARKED, Outcome.DONE, 0, frame.nowMicros),
                    (outcome, nowMicros) -> send(KIND_FINAL, outcome, outcome.errno(), nowMicros));
        }
    }

    private Session known() throws Frame.Malformed {
        if (session == null) {
            throw new Frame.Malformed("say HELLO first");
        }
        return session;
    }

    private void hello(Frame frame) throws IOException, Frame.Malformed {
        if (session != null) {
            throw new Frame.Malformed("HELLO was said before");
        }
        frame.i64();
        Settings settings = new Settings();
        try {
            settings.applyFlags(frame.text());
        } catch (IllegalArgumentException e) {
            throw new Frame.Malformed(e.getMessage());
        }
        session = sessions.begin(frame.nowMicros, settings);
        owner = true;
        reply(Outcome.of(session.id()), 0, frame.nowMicros);
    }

    private void attach(Frame frame) throws IOException, Frame.Malformed {
        if (session != null) {
            throw new Frame.Malformed("this connection has a session already");
        }
        long id = frame.i64();
        session = sessions.find(id);
        if (session == null) {
            throw new Frame.Malformed("there is no session " + id);
        }
        reply(Outcome.of(id), 0, frame.nowMicros);
    }

    /** Acts on the newest session, or on this connection's own. */
    private void control(Frame frame) throws IOException {
        Session target = session != null ? session : sessions.newest();
        ControlCommands.Result result = ControlCommands.run(target, frame.text());
        reply(Outcome.of(result.exitCode(), result.output().getBytes(StandardCharsets.UTF_8)), 0, frame.nowMicros);
    }

    private void receive(Frame frame) throws IOException, Frame.Malformed {
        EmittedPacket packet = known().nextPacket(frame.nowMicros);
        if (packet == null) {
            reply(Outcome.error(Errno.EAGAIN), Errno.EAGAIN, session.nowMicros());
            return;
        }
        byte[] data = ByteBuffer.allocate(8 + packet.bytes().length).putLong(packet.atNanos()).put(packet.bytes()).array();
        reply(Outcome.of(packet.bytes().length, data), 0, packet.atNanos());
    }

    private static Call toCall(Frame frame, Sockets sockets) throws Frame.Malformed {
        int fd = frame.op == Op.POLL ? -1 : frame.u32();
        return switch (frame.op) {
            case Op.SOCKET -> sockets.socket(fd, frame.u32(), frame.u32(), frame.u32());
            case Op.BIND -> sockets.bind(fd, frame.address());
            case Op.LISTEN -> sockets.listen(fd, frame.u32());
            case Op.ACCEPT -> sockets.accept(fd, frame.u32());
            case Op.CONNECT -> sockets.connect(fd, frame.address());
            case Op.READ -> sockets.read(fd, frame.u32(), frame.u32());
            case Op.RECVMSG -> sockets.receiveMessage(fd, frame.u32(), frame.u32());
            case Op.WRITE -> {
                int flags = frame.u32();
                yield sockets.write(fd, frame.rest(), flags);
            }
            case Op.SENDTO -> {
                int flags = frame.u32();
                IpEndpoint remote = frame.address();
                yield sockets.sendTo(fd, frame.rest(), flags, remote);
            }
            case Op.CLOSE -> sockets.close(fd);
            case Op.SHUTDOWN -> sockets.shutdown(fd, frame.u32());
            case Op.GETOPT -> sockets.getsockopt(fd, frame.u32(), frame.u32(), frame.u32());
            case Op.SETOPT -> sockets.setsockopt(fd, frame.u32(), frame.u32(), frame.rest());
            case Op.POLL -> poll(frame, sockets);
            case Op.EPOLL_CREATE -> sockets.epollCreate(fd);
            case Op.EPOLL_CTL -> sockets.epollControl(fd, frame.u32(), frame.u32(), frame.u32(), frame.i64());
            case Op.EPOLL_WAIT -> sockets.epollWait(fd, frame.u32(), frame.u32());
            case Op.FCNTL -> sockets.fcntl(fd, frame.u32(), frame.u32());
            case Op.IOCTL -> sockets.ioctl(fd, frame.u32());
            default -> throw new Frame.Malformed("there is no operation " + frame.op);
        };
    }

    private static Call poll(Frame frame, Sockets sockets) throws Frame.Malformed {
        int timeoutMillis = frame.u32();
        int count = frame.u32();
        if (count < 0 || count > MAX_POLLED) {
            throw new Frame.Malformed("poll takes up to " + MAX_POLLED + " descriptors, not " + count);
        }
        int[] fds = new int[count];
        int[] events = new int[count];
        for (int i = 0; i < count; i++) {
            fds[i] = frame.u32();
            events[i] = frame.u16();
        }
        return sockets.poll(fds, events, timeoutMillis);
    }

    // ---- answers: u32 length, u8 kind, i32 errno, i64 result, i64 nowMicros, data ----

    private void replyTime(long nowMicros) throws IOException {
        reply(Outcome.DONE, 0, nowMicros);
    }

    private void reply(Outcome outcome, int errno, long nowMicros) throws IOException {
        write(KIND_FINAL, outcome, errno, nowMicros);
    }

    /** From a completion, which may happen in another client thread's request: a client that is gone is found out by its own reader. */
    private void send(int kind, Outcome outcome, int errno, long nowMicros) {
        try {
            write(kind, outcome, errno, nowMicros);
        } catch (IOException e) {
            LOG.debug("client gone: {}", e.toString());
        }
    }

    private synchronized void write(int kind, Outcome outcome, int errno, long nowMicros) throws IOException {
        byte[] data = outcome.data();
        ByteBuffer buffer = ByteBuffer.allocate(4 + 21 + data.length);
        buffer.putInt(21 + data.length).put((byte) kind).putInt(errno).putLong(outcome.value()).putLong(nowMicros).put(data);
        out.write(buffer.array());
        out.flush();
    }
}
