package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;

/**
 * A TCP and Multipath TCP stack without I/O, clock or thread. The owner drives it with five verbs:
 * {@link #receive}, {@link #expire}, {@link #transmit}, {@link #deadlineNanos} and {@link #nextReady}. Only the first three take time; everything the
 * application calls records what it wants and never sends. One thread at a time. The same seed and calls give the same bytes.
 */
public final class Stack {
    public Stack(StackConfig config, RandomSource random) {
        throw new UnsupportedOperationException();
    }

    /** Adds a link. @param linkId small number chosen by the caller, 0..255 */
    public void addLink(int linkId, LinkProperties properties) {
        throw new UnsupportedOperationException();
    }

    /** The link works, or does not: subflows over it are given up at once and their data goes elsewhere. */
    public void setLinkUp(int linkId, boolean up) {
        throw new UnsupportedOperationException();
    }

    /** Back-pressure: while a link is not writable, {@link #transmit} hands out nothing for it. */
    public void setLinkWritable(int linkId, boolean writable) {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens a connection; the SYN leaves with the next {@link #transmit}.
     *
     * @param local  address to use on that link; port 0 lets the stack choose (see {@link #setPortRange})
     * @throws IllegalStateException when a limit is reached or no port is free
     */
    public MptcpConnection connect(int linkId, IpEndpoint local, IpEndpoint remote, ConnectOptions options, Object attachment) {
        throw new UnsupportedOperationException();
    }

    /** Local ports the stack may choose from, both inclusive. Default 49152..65535. */
    public void setPortRange(int first, int last) {
        throw new UnsupportedOperationException();
    }

    /**
     * Listens. Address {@link IpAddress#ANY} takes any local address, port 0 any port (a transparent listener, for a TUN gateway).
     *
     * @param deferred the SYN/ACK is held back until {@link MptcpConnection#accept()}
     * @throws IllegalStateException when that address and port already has a listener
     */
    public Listener listen(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        throw new UnsupportedOperationException();
    }

    public void close(Listener listener) {
        throw new UnsupportedOperationException();
    }

    /** Takes in one segment. The slot and its memory may be reused when this returns. Never throws because of what is in it. */
    public void receive(long nowNanos, PacketSlot in) {
        throw new UnsupportedOperationException();
    }

    /** Fires every timer that is due. */
    public void expire(long nowNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Writes the next segment to be sent into the slot. {@code out.buffer}, {@code out.offset} and {@code out.gather} are the caller's: room
     * for 60 bytes of header, and for the payload too unless {@code gather}.
     *
     * @return false when there is nothing to send now
     */
    public boolean transmit(long nowNanos, PacketSlot out) {
        throw new UnsupportedOperationException();
    }

    /** When {@link #expire} has to be called at the latest; Long.MAX_VALUE for never. */
    public long deadlineNanos() {
        throw new UnsupportedOperationException();
    }

    /** Takes the next connection with new readiness bits off the queue; null when there is none. */
    public MptcpConnection nextReady() {
        throw new UnsupportedOperationException();
    }

    public Counters counters() {
        throw new UnsupportedOperationException();
    }

    /** Connections that exist, closing ones included. */
    public int connectionCount() {
        throw new UnsupportedOperationException();
    }
}
