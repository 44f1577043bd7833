package io.mptcp.netty;

import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import java.io.IOException;

/**
 * One way for TCP segments to leave and enter the host: a raw socket on an interface, a TUN device, a UDP socket. A link puts on and takes
 * off everything outside the TCP segment (IP header, checksums, encapsulation). It lives on one event loop, is used by that loop's thread
 * only, and tells what arrives to one {@link Receiver}.
 */
public interface SegmentLink {
    /** What {@link #send} did with a segment. */
    enum SendResult {
        SENT,
        /** Not taken: the device is full. The caller keeps the segment and offers it again after {@link Receiver#writable}. */
        AGAIN,
        /** Lost here, as if the network had dropped it (no route, no neighbour yet, local queue overflow). */
        DROPPED
    }

    /** Gets what a link has for the stack. All calls come from the link's event loop. */
    interface Receiver {
        /** One segment, or an ICMP message ({@link PacketSlot#protocol}); slot and memory belong to the link again on return. */
        void received(SegmentLink link, PacketSlot slot);

        /** End of a burst of {@link #received} calls: a good moment to transmit. */
        void drained(SegmentLink link);

        /** The link can take segments again after {@link SendResult#AGAIN}. */
        void writable(SegmentLink link);

        /** {@link #properties} are others now: the interface has another MTU, or segments are no longer cut below. */
        default void propertiesChanged(SegmentLink link) {
        }

        /** Addresses or routes of the host are others now: {@link #localAddressFor} may give other answers. */
        default void routingChanged(SegmentLink link) {
        }

        /** The interface went down or came back. */
        void linkStateChanged(SegmentLink link, boolean up);
    }

    /** Whether links of this library can live on that loop: on those of epoll all, on those of NIO all but {@link TunLink}s. */
    static boolean canLiveOn(IoEventLoop loop) {
        return FdPoll.isCompatible(loop);
    }

    /** Number of this link in its stack. */
    int id();

    /** Name for people: the device, or kind and address. */
    String name();

    LinkProperties properties();

    /** Source address used towards {@code remote}: the configured one, or what routing says. Null when this link cannot reach that address. */
    IpAddress localAddressFor(IpAddress remote);

    /** Bytes the link needs free before {@link PacketSlot#offset} on {@link #send}. */
    int headroomBytes();

    /** Whether {@link #send} takes payload by reference ({@link PacketSlot#gather}). */
    boolean gathers();

    /** Joins the loop and starts receiving. */
    void start(IoEventLoop loop, Receiver receiver);

    SendResult send(PacketSlot slot);

    /** Hands over what {@link #send} may have held back for batching. */
    void flush();

    /**
     * What another link of the same path needs to know to answer the segment being received: to be called within {@link Receiver#received}, and given to
     * {@link #learn} of that link. 0 when nothing is needed.
     */
    default int replyHint() {
        return 0;
    }

    /** This link is going to answer a segment that arrived on another link of the same path. On the loop. */
    default void learn(PacketSlot slot, int replyHint) {
    }

    /**
     * Hands over what has arrived and was not read yet, without an event of the loop and without {@link Receiver#drained} at the end.
     *
     * @param segments most to hand over
     * @return how many there were; fewer than {@code segments} when nothing is left
     */
    default int poll(int segments) {
        return 0;
    }

    /**
     * Prepares for connections to a local TCP port, as far as that needs something of the host. Any thread; before {@link #start} or later.
     *
     * @param port 0 to choose one, where the link can
     * @return the port, or 0 when the link takes any port and chooses none
     * @throws IOException with a one-line message, for instance if the port is in use
     */
    default int openPort(int port) throws IOException {
        return port;
    }

    /** Undoes {@link #openPort} when neither a listener nor a connection uses the port any more. */
    default void closePort(int port) {
    }

    boolean isUp();

    /** Leaves the loop and frees everything; nothing stays behind on the host. */
    void close();
}
