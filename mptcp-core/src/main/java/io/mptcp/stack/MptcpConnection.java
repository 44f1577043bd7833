package io.mptcp.stack;

import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One connection as its application sees it: a byte stream over one or more subflows, or over plain TCP after fallback. Calls record
 * intent and never send; they must come from the thread that owns the {@link Stack}.
 */
public final class MptcpConnection {
    MptcpConnection() {
    }

    /** The object given to connect or set since; the engine does not look at it. */
    public Object attachment() {
        throw new UnsupportedOperationException();
    }

    public void attach(Object attachment) {
        throw new UnsupportedOperationException();
    }

    /** The listener this connection came from, null for an active one. */
    public Listener listener() {
        throw new UnsupportedOperationException();
    }

    /** Takes and clears the {@link Readiness} bits. */
    public int takeReadiness() {
        throw new UnsupportedOperationException();
    }

    /** Lets the handshake of a connection from a deferring listener go on. To refuse it call {@link #abort()}. */
    public void accept() {
        throw new UnsupportedOperationException();
    }

    public int writableBytes() {
        throw new UnsupportedOperationException();
    }

    /** Copies bytes into the send buffer. @return bytes taken, 0 when it is full; WRITABLE is raised when there is room again */
    public int write(MemorySegment source, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    public int readableBytes() {
        throw new UnsupportedOperationException();
    }

    /** @return bytes read, 0 when there are none now, -1 at the end of the stream */
    public int read(MemorySegment destination, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Whether the peer has ended its stream and everything before that has been read. */
    public boolean isEndOfStream() {
        throw new UnsupportedOperationException();
    }

    /** Ends the output after what has been written (DATA_FIN, or FIN after fallback); reading goes on. */
    public void shutdownOutput() {
        throw new UnsupportedOperationException();
    }

    /** Ends the output and gives up reading. Unread or later data from the peer aborts the connection (RFC 9293 section 3.6). */
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** Ends the connection at once: MP_FASTCLOSE, or RST on plain TCP. */
    public void abort() {
        throw new UnsupportedOperationException();
    }

    public boolean isConnected() {
        throw new UnsupportedOperationException();
    }

    public boolean isClosed() {
        throw new UnsupportedOperationException();
    }

    public CloseReason closeReason() {
        throw new UnsupportedOperationException();
    }

    /** Whether this connection runs as plain TCP: never negotiated, or fallen back. */
    public boolean isFallback() {
        throw new UnsupportedOperationException();
    }

    /** Why it fell back, or null: one of the kernel's counter names, e.g. {@code MPCapableFallbackSYNACK}. */
    public String fallbackReason() {
        throw new UnsupportedOperationException();
    }

    /** Local token (RFC 8684 section 3.2); 0 in plain TCP. */
    public int token() {
        throw new UnsupportedOperationException();
    }

    /** Endpoints of the initial subflow, also after it closed. */
    public IpEndpoint local() {
        throw new UnsupportedOperationException();
    }

    public IpEndpoint remote() {
        throw new UnsupportedOperationException();
    }

    /** Link of the initial subflow. */
    public int linkId() {
        throw new UnsupportedOperationException();
    }

    /** The subflows there are, and those that have closed (state CLOSED), in order of creation. */
    public List<SubflowInfo> subflows() {
        throw new UnsupportedOperationException();
    }

    /** Payload bytes accepted by {@link #write} and acknowledged by the peer's data level. */
    public long bytesAcked() {
        throw new UnsupportedOperationException();
    }

    /** Payload bytes received in order. */
    public long bytesReceived() {
        throw new UnsupportedOperationException();
    }
}
