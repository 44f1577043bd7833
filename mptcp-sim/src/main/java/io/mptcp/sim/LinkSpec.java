package io.mptcp.sim;

import java.util.concurrent.TimeUnit;

/**
 * One direction of a link. Probabilities are 0 to 1 per packet.
 *
 * @param rateBitsPerSecond    speed at which packets leave the queue, 0 for no limit
 * @param delayNanos           one-way propagation delay
 * @param jitterNanos          each packet is delayed by a random amount up to this; alone it does not reorder
 * @param queueBytes           room for packets waiting for the wire; what does not fit is dropped (tail drop)
 * @param loss                 probability that a packet is lost
 * @param reorder              probability that a packet is held up by {@code reorderNanos} while later ones pass it
 * @param reorderNanos         how long a reordered packet is held up
 * @param duplicate            probability that a packet arrives twice
 * @param mtuBytes             largest IP packet; larger ones are dropped
 * @param superSegmentBytes    largest payload the sending stack may hand over in one slot (GSO); 0 for one MSS
 * @param mergeNanos           how long the receiver waits for packets to merge into a super-segment (GRO); 0 for no merging
 * @param backPressure         when the queue is full the sending stack is stopped, and nothing is dropped there
 * @param ecnMarkBytes         ECN-capable packets that find more than this in the queue are marked CE (RFC 3168); 0 for a queue that does not mark
 */
public record LinkSpec(
        long rateBitsPerSecond,
        long delayNanos,
        long jitterNanos,
        long queueBytes,
        double loss,
        double reorder,
        long reorderNanos,
        double duplicate,
        int mtuBytes,
        int superSegmentBytes,
        long mergeNanos,
        boolean backPressure,
        long ecnMarkBytes) {
    public static final int DEFAULT_MTU_BYTES = 1500;

    private static final long MIN_QUEUE_BYTES = 64 * 1024;

    public LinkSpec {
        if (rateBitsPerSecond < 0 || delayNanos < 0 || jitterNanos < 0 || queueBytes < mtuBytes) {
            throw new IllegalArgumentException("a link needs non-negative rate, delay and jitter, and room for one packet");
        }
    }

    /** A clean link with a queue of one bandwidth-delay product (both ways), and 64 KiB at least. */
    public static LinkSpec of(double megabitsPerSecond, double delayMillis) {
        long rate = Math.round(megabitsPerSecond * 1e6);
        long delay = Math.round(delayMillis * 1e6);
        double queue = rate / 8.0 * 2 * delay / TimeUnit.SECONDS.toNanos(1);
        return new LinkSpec(rate, delay, 0, Math.max(MIN_QUEUE_BYTES, Math.round(queue)), 0, 0, 0, 0, DEFAULT_MTU_BYTES, 0, 0, false, 0);
    }

    public LinkSpec withDelay(long nanos) {
        return new LinkSpec(rateBitsPerSecond, nanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withJitter(double millis) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, Math.round(millis * 1e6), queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withQueue(long bytes) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, bytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withLoss(double probability) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, probability, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withReorder(double probability, double heldUpMillis) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, probability, Math.round(heldUpMillis * 1e6), duplicate,
                mtuBytes, superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withDuplicate(double probability) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, probability, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    public LinkSpec withMtu(int bytes) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, bytes,
                superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    /** GSO for the sender, with this much payload in a slot at most. */
    public LinkSpec withSuperSegments(int bytes) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                bytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    /** GRO for the receiver, waiting this long for the next packet. */
    public LinkSpec withMerging(double millis) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, Math.round(millis * 1e6), backPressure, ecnMarkBytes);
    }

    public LinkSpec withBackPressure(boolean stopsSender) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, stopsSender, ecnMarkBytes);
    }

    /** A queue that marks ECN-capable packets when it holds more than this. */
    public LinkSpec withEcnMarking(long bytes) {
        return new LinkSpec(rateBitsPerSecond, delayNanos, jitterNanos, queueBytes, loss, reorder, reorderNanos, duplicate, mtuBytes,
                superSegmentBytes, mergeNanos, backPressure, bytes);
    }

    /** The same link without its faults: what a network looks like once it has healed. */
    public LinkSpec healed() {
        return new LinkSpec(rateBitsPerSecond, delayNanos, 0, queueBytes, 0, 0, 0, 0, mtuBytes, superSegmentBytes, mergeNanos, backPressure, ecnMarkBytes);
    }

    /** One line for failure messages. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        text.append(rateBitsPerSecond / 1e6).append(" Mbit/s, ").append(delayNanos / 1e6).append(" ms, queue ").append(queueBytes);
        append(text, "jitter ms", jitterNanos / 1e6);
        append(text, "loss", loss);
        append(text, "reorder", reorder);
        append(text, "reorder ms", reorder > 0 ? reorderNanos / 1e6 : 0);
        append(text, "duplicate", duplicate);
        append(text, "mtu", mtuBytes == DEFAULT_MTU_BYTES ? 0 : mtuBytes);
        append(text, "gso", superSegmentBytes);
        append(text, "gro ms", mergeNanos / 1e6);
        append(text, "back-pressure", backPressure ? 1 : 0);
        append(text, "ECN marks from", ecnMarkBytes);
        return text.toString();
    }

    private static void append(StringBuilder text, String name, double value) {
        if (value != 0) {
            text.append(", ").append(name).append(' ').append(value);
        }
    }
}
