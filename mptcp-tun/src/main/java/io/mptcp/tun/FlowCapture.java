package io.mptcp.tun;

import io.mptcp.netty.PcapRecorder;
import io.mptcp.netty.PcapWriter;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tun.http.HttpStream;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.util.concurrent.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every segment of one connection, over whatever paths, as pcapng to somebody who asked for it. On the loop. */
final class FlowCapture implements CountingLink.Tap, AutoCloseable {
    private record Tuple(IpEndpoint local, IpEndpoint remote) {
    }

    private final MptcpConnection connection;
    private final List<CountingLink> links;
    private final HttpStream stream;
    private final PcapWriter writer;
    private final Map<CountingLink, PcapRecorder> recorders = new HashMap<>();
    private final Set<Tuple> tuples = new HashSet<>();
    private final Ticker clock;

    /** Begins. */
    FlowCapture(MptcpConnection connection, List<CountingLink> links, HttpStream stream, Ticker clock) {
        this.connection = connection;
        this.links = List.copyOf(links);
        this.stream = stream;
        this.clock = clock;
        this.writer = PcapWriter.to(new ToStream());
        refresh();
        for (CountingLink link : this.links) {
            recorders.put(link, new PcapRecorder(writer, link.name()));
            link.setTap(this);
        }
        writer.flush();
    }

    boolean isOver() {
        return connection.isClosed();
    }

    @Override
    public void passed(CountingLink link, PacketSlot slot, boolean outbound) {
        if (slot.protocol != IpHeaders.PROTOCOL_TCP || slot.length < TcpSegment.MIN_HEADER_LENGTH) {
            return;
        }
        IpEndpoint source = new IpEndpoint(new IpAddress(slot.sourceHi, slot.sourceLo), TcpSegment.sourcePort(slot.buffer, slot.offset));
        IpEndpoint destination = new IpEndpoint(new IpAddress(slot.destinationHi, slot.destinationLo),
                TcpSegment.destinationPort(slot.buffer, slot.offset));
        Tuple tuple = outbound ? new Tuple(source, destination) : new Tuple(destination, source);
        if (!tuples.contains(tuple) && (TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.SYN) != 0) {
            refresh(); // it may be a join of this connection
        }
        if (tuples.contains(tuple)) {
            recorders.get(link).record(clock.nanoTime(), slot, outbound ? PcapRecorder.OUTBOUND : PcapRecorder.INBOUND);
        }
    }

    private void refresh() {
        for (SubflowInfo info : connection.subflows()) {
            tuples.add(new Tuple(info.local(), info.remote()));
        }
    }

    /** Hands over what there is. */
    void flush() {
        writer.flush();
    }

    @Override
    public void close() {
        links.forEach(link -> link.setTap(null));
        writer.flush();
        stream.end();
    }

    /** A reader that is too slow loses whole blocks: what it gets stays readable. */
    private final class ToStream implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int count = bytes.remaining();
            stream.send(bytes);
            bytes.position(bytes.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
        }
    }
}
