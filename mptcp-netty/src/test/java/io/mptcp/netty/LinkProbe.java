package io.mptcp.netty;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A link started on a loop, with what it tells kept for a test on another thread. */
final class LinkProbe implements SegmentLink.Receiver, AutoCloseable {
    /** What arrived, taken out of the slot. */
    record Arrival(int flags, int sequence, byte[] payload, int segmentSize, boolean trusted, boolean checksumRight) {
    }

    final SegmentLink link;
    final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<Boolean> states = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<Integer> mtus = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<Boolean> writable = new LinkedBlockingQueue<>();
    private final IoEventLoop loop;

    LinkProbe(IoEventLoop loop, SegmentLink link) {
        this.loop = loop;
        this.link = link;
        onLoop(() -> {
            link.start(loop, this);
            return null;
        });
    }

    <T> T onLoop(Callable<T> action) {
        try {
            return loop.submit(action).get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    SegmentLink.SendResult send(PacketSlot slot) {
        return onLoop(() -> link.send(slot));
    }

    /** The next one; waits for it, and fails when it does not come. */
    Arrival arrival() throws InterruptedException {
        return next(arrivals, "no segment arrived");
    }

    boolean state() throws InterruptedException {
        return next(states, "no change of the link's state was told");
    }

    static <T> T next(LinkedBlockingQueue<T> queue, String otherwise) throws InterruptedException {
        T next = queue.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError(otherwise);
        }
        return next;
    }

    @Override
    public void received(SegmentLink from, PacketSlot slot) {
        int header = TcpSegment.headerLength(slot.buffer, slot.offset);
        byte[] bytes = Segments.bytes(slot);
        byte[] payload = java.util.Arrays.copyOfRange(bytes, header, bytes.length);
        arrivals.add(new Arrival(TcpSegment.flags(slot.buffer, slot.offset), TcpSegment.sequenceNumber(slot.buffer, slot.offset), payload,
                slot.segmentSize, slot.checksumState == PacketSlot.CHECKSUM_VERIFIED, Checksum.verifyTcp(slot)));
    }

    @Override
    public void drained(SegmentLink from) {
    }

    @Override
    public void writable(SegmentLink from) {
        writable.add(true);
    }

    @Override
    public void propertiesChanged(SegmentLink from) {
        mtus.add(from.properties().mtuBytes());
    }

    @Override
    public void linkStateChanged(SegmentLink from, boolean up) {
        states.add(up);
    }

    @Override
    public void close() {
        onLoop(() -> {
            link.close();
            return null;
        });
    }
}
