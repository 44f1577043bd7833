package io.mptcp.stack;

import io.mptcp.buffer.SendBuffer;
import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathStatus;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpInfo;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PathError;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * One connection as its application sees it: a byte stream over one or more subflows, or over plain TCP after fallback. Calls record
 * intent and never send; they must come from the thread that owns the {@link Stack}. Call {@link #close()} or {@link #abort()} in the
 * end, also on a connection the peer has closed: it frees the memory of unread data.
 */
public final class MptcpConnection {
    /** Less than this is copied by {@link #handOver}. */
    public static final int MIN_HANDED_OVER_BYTES = SendBuffer.MIN_HANDED_OVER_BYTES;

    final Connection core;
    private Object attachment;

    MptcpConnection(Connection core, Object attachment) {
        this.core = core;
        this.attachment = attachment;
    }

    /** The object given to connect or set since; the engine does not look at it. */
    public Object attachment() {
        return attachment;
    }

    /** Something of the application that goes with the connection; replaces what was attached before. */
    public void attach(Object attachment) {
        this.attachment = attachment;
    }

    /** The listener this connection came from, null for an active one. */
    public Listener listener() {
        return core.listener();
    }

    public SocketOptions socketOptions() {
        return core.socketOptions();
    }

    /** Changes the options of all subflows; what can only be settled in the handshake holds for later subflows. */
    public void setSocketOptions(SocketOptions options) {
        core.setSocketOptions(options);
    }

    /** The packet scheduler in use. */
    public PacketScheduler scheduler() {
        return core.scheduler();
    }

    /**
     * Another packet scheduler, from the next segment on. What has been sent stays where it is.
     *
     * @param scheduler one of this connection's own, as schedulers may keep state
     */
    public void setScheduler(PacketScheduler scheduler) {
        core.setScheduler(Objects.requireNonNull(scheduler, "scheduler"));
    }

    /** Takes and clears the {@link Readiness} bits. */
    public int takeReadiness() {
        return core.application().takeReadiness();
    }

    /** Lets the handshake of a connection from a deferring listener go on. To refuse it call {@link #abort()}. */
    public void accept() {
        core.accept();
    }

    // ---- the stream ----

    /** Bytes that {@link #write} would take now. After an answer of 0, {@link Readiness#WRITABLE} is raised when there is room again. */
    public int writableBytes() {
        return core.application().writableBytes();
    }

    /** Whether there is room enough to be worth the while of a writer that waits. After an answer of false, {@link Readiness#WRITABLE} is raised when there is. */
    public boolean isWritable() {
        return core.application().isWritable();
    }

    /**
     * Copies bytes into the send buffer.
     *
     * @return bytes taken, 0 when it is full; {@link Readiness#WRITABLE} is raised when there is room again
     * @throws IllegalStateException after {@link #shutdownOutput()} or {@link #close()}
     */
    public int write(MemorySegment source, long offset, int length) {
        return core.application().write(source, offset, length, false);
    }

    /**
     * As {@link #write(MemorySegment, long, int)}.
     *
     * @param more the application is about to write more: until it has, the end that does not fill a segment is held back, for at most 200 ms
     *             (Linux: MSG_MORE)
     */
    public int write(MemorySegment source, long offset, int length, boolean more) {
        return core.application().write(source, offset, length, more);
    }

    /**
     * Writes without a copy: hands memory over to the connection, which sends from there, and again where bytes get lost. The memory must stay as it is
     * until {@code release} is run: once, when the peer has acknowledged the bytes taken and no subflow may have to send them again, or when
     * nothing is left of the connection. It is run by whoever drives the stack ({@link Stack#nextReleased}), never from within this call. The bytes count
     * as written ones do, against the size of the send buffer and {@link Limits#maxBufferBytes}.
     *
     * @param memory native memory that this thread may read; less than {@link #MIN_HANDED_OVER_BYTES}, or memory of the heap, is copied and released soon
     * @return bytes taken, fewer than {@code length} when there is no room for more; {@code release} is not run when it is 0, and is for these bytes
     *         when it is more: what is left is to be handed over again, with a release of its own
     * @throws IllegalStateException after {@link #shutdownOutput()} or {@link #close()}, or when the memory is not valid any more
     * @throws WrongThreadException  when the memory belongs to another thread
     */
    public int handOver(MemorySegment memory, long offset, int length, Runnable release) {
        return core.application().handOver(memory, offset, length, release);
    }

    /**
     * What has been written so far is not put into one segment with what is written from now on (Linux: MSG_EOR). The peer still reads a stream
     * of bytes. Of a few hundred records not sent yet the last may be put together.
     */
    public void endRecord() {
        core.data().sender.endRecord();
    }

    /** Bytes that can be read now. */
    public int readableBytes() {
        return core.data().receiver.readableBytes();
    }

    /** @return bytes read, 0 when there are none now, -1 at the end of the stream */
    public int read(MemorySegment destination, long offset, int length) {
        return core.application().read(destination, offset, length);
    }

    /**
     * Reads without a copy: hands the received bytes to {@code sink} where they lie, piece by piece, until it does not take all of one.
     *
     * @param limit most bytes to read
     * @return bytes taken, 0 when there are none now or the sink took none, -1 at the end of the stream
     */
    public int read(ReadSink sink, int limit) {
        return core.application().read(sink, limit);
    }

    /** Whether the peer has ended its stream and everything before that has been read. */
    public boolean isEndOfStream() {
        return core.data().receiver.isEndOfStream();
    }

    /**
     * Marks everything written so far as urgent (RFC 9293 section 3.8.5): the peer is told at once where it ends. New applications should not
     * use it (RFC 6093), and in MPTCP there is no such thing.
     *
     * @return false in MPTCP, or when nothing can be written any more
     */
    public boolean markUrgent() {
        return core.application().markUrgent();
    }

    /**
     * How much of what is to be read next the peer has announced as urgent, 0 for nothing. It is read in its place in the stream. News raises
     * {@link Readiness#URGENT}.
     */
    public long urgentBytes() {
        return core.application().urgentBytes();
    }

    /** Ends the output after what has been written (DATA_FIN, or FIN after fallback); reading goes on. */
    public void shutdownOutput() {
        core.shutdownOutput();
    }

    /** Ends the output and gives up reading. Unread or later data from the peer aborts the connection (RFC 9293 section 3.6). */
    public void close() {
        core.close();
    }

    /** Ends the connection at once: MP_FASTCLOSE, or RST on plain TCP. */
    public void abort() {
        core.abort();
    }

    // ---- its state ----

    /** The handshake has been completed, and the connection is not over. */
    public boolean isConnected() {
        return core.wasConnected() && !isClosed();
    }

    /** Whether the handshake has been completed, whatever came after. */
    public boolean wasConnected() {
        return core.wasConnected();
    }

    /** It is over; {@link #closeReason} says why. */
    public boolean isClosed() {
        return core.closeReason() != CloseReason.NONE;
    }

    /** {@link CloseReason#NONE} while it is not over. */
    public CloseReason closeReason() {
        return core.closeReason();
    }

    /**
     * What ICMP last said of the path of the first subflow, {@link PathError#NONE} if nothing, or if the peer was heard since. Of a connection that
     * could not be opened: why ({@link CloseReason#UNREACHABLE}, {@link CloseReason#REFUSED}).
     */
    public PathError pathError() {
        return core.pathError();
    }

    /** Whether this connection runs as plain TCP: never negotiated, or fallen back. */
    public boolean isFallback() {
        return !core.isMptcp();
    }

    /** Why it fell back, or null: one of the kernel's counter names, e.g. {@code MPCapableFallbackSYNACK}. */
    public String fallbackReason() {
        return core.fallback().reason();
    }

    /** Local token (RFC 8684 section 3.2); 0 in plain TCP. */
    public int token() {
        return core.data().sequence.localToken();
    }

    /** Endpoints of the initial subflow, also after it closed. */
    public IpEndpoint local() {
        return core.local();
    }

    /** The peer's end of the first subflow. */
    public IpEndpoint remote() {
        return core.remote();
    }

    /** Link of the initial subflow. */
    public int linkId() {
        return core.linkId();
    }

    /**
     * DSCP of the segment that has made an accepted connection, the SYN or the third ACK: as the IPv4 type of service or IPv6 traffic class octet with the two ECN bits zero, Linux's
     * {@code rcv_tos}. 0 for one that was opened here.
     */
    public int receivedTrafficClass() {
        return core.receivedTrafficClass();
    }

    /** The subflows there are, and the last of those that have closed (state CLOSED), in order of creation. */
    public List<SubflowInfo> subflows() {
        return core.subflows().infos();
    }

    /** What its path manager makes of each path there is, and why: the answer to "why is the second path not used". */
    public List<PathStatus> paths() {
        return core.paths().status();
    }

    /**
     * What a path manager may ask, for an application that wants to do some of it by itself. {@link PathCommands#wakeAt} is the manager's and of no use
     * here.
     */
    public PathCommands pathCommands() {
        return core.paths();
    }

    /** {@code TCP_INFO} of the oldest subflow there is; null when there is none. */
    public TcpInfo tcpInfo(long nowNanos) {
        return core.subflows().isEmpty() ? null : core.subflows().getFirst().tcb.info(nowNanos);
    }

    /** {@code MPTCP_INFO}: also of a connection in plain TCP, or one that is over. */
    public MptcpInfo mptcpInfo(long nowNanos) {
        return MptcpInfo.of(core, nowNanos);
    }

    /** Whether the peer has ended its stream and all of it is here, read or not. */
    public boolean isInputEnded() {
        return core.data().receiver.isFinReceived();
    }

    /** Bytes written and never sent. */
    public long unsentBytes() {
        return core.data().sender.pendingBytes();
    }

    /** For how long there was something to send, or sent and not acknowledged (Linux: {@code tcpi_busy_time}). */
    public long busyNanos(long nowNanos) {
        return core.output().times().busyNanos(nowNanos);
    }

    /** Of {@link #busyNanos} the time in which the peer's window had no room for what there was to send. */
    public long receiveWindowLimitedNanos(long nowNanos) {
        return core.output().times().receiveWindowNanos(nowNanos);
    }

    /** Of {@link #busyNanos} the time in which all was sent and the application waited for room to write more. */
    public long sendBufferLimitedNanos(long nowNanos) {
        return core.output().times().sendBufferNanos(nowNanos);
    }

    /** Bytes written and not acknowledged by the peer's data level. */
    public long unacknowledgedBytes() {
        return core.data().sender.finDsn() - core.data().sender.dsnUna();
    }

    /** Whether the peer has everything that was written, and its end ({@link #shutdownOutput}). Raises {@link Readiness#WRITABLE}. */
    public boolean isOutputEndAcknowledged() {
        return core.data().sender.isFinAcked();
    }

    /** Payload bytes acknowledged by the peer's data level. */
    public long bytesAcked() {
        return core.data().sender.dsnUna() - 1 + fastOpenBytes();
    }

    /** Accepted from a SYN with data (RFC 7413): the peer need not have proved where it is yet. */
    public boolean isOpenedFast() {
        return core.isOpenedFast();
    }

    /** Payload bytes the server took with our SYN (RFC 7413); 0 without Fast Open. */
    public int fastOpenBytes() {
        return core.fastOpen() == null ? 0 : core.fastOpen().ackedBytes();
    }

    /**
     * Payload went with our SYN, and the SYN/ACK acknowledges none of it: the server does not take any, or something on the way has removed it. False where the
     * SYN was sent again, without, as the answer may be to that one.
     */
    public boolean isSynDataIgnored() {
        return core.fastOpen() != null && core.fastOpen().isSynDataIgnored();
    }

    /** Payload went with the SYN of this connection, and the server has taken all of it; on either side (RFC 7413). */
    public boolean isSynDataTaken() {
        return core.isSynDataTaken();
    }

    /** Payload bytes received in order. */
    public long bytesReceived() {
        return core.data().receiver.bytesReceived();
    }
}
