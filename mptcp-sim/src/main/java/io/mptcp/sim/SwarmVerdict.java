package io.mptcp.sim;

import io.mptcp.sim.Scenario.Pair;
import io.mptcp.sim.SwarmBoxes.Harm;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;

/**
 * How the connections of a {@link Swarm} may end. Without a box or an application that is in the way, every byte has to arrive and both sides have
 * to close in order. With one a connection may end before, but then for a reason, and what was read until then is right: the
 * applications check each byte, and that no stream ends in order anywhere but where its sender ended it.
 */
final class SwarmVerdict {
    private final Scenario scenario;
    private final SwarmBoxes boxes;

    /** @param checksums the connections of this scenario use them, unless they fall back */
    SwarmVerdict(Scenario scenario, SwarmBoxes boxes, boolean checksums) {
        this.scenario = scenario;
        this.boxes = boxes;
        if (boxes.mayDo(Harm.CONTENT)) {
            for (Pair pair : scenario.pairs()) {
                for (TransferApp app : new TransferApp[] {pair.client(), pair.server()}) {
                    app.checker().tolerateChanges(() -> !checksums || app.connection().isFallback());
                }
            }
        }
    }

    void check() {
        for (Pair pair : scenario.pairs()) {
            boolean brokenOff = pair.client().isBrokenOff() || pair.server().isBrokenOff();
            if (!brokenOff && mustSucceed(pair)) {
                require(pair.isClosed(), pair, "not everything arrived, although a path was good all the time");
                boolean inOrder = isInOrder(pair.client()) && isInOrder(pair.server());
                boolean oneNotTold = boxes.mayDo(Harm.MPTCP) && (isInOrder(pair.client()) || isInOrder(pair.server()));
                require(inOrder || oneNotTold, pair, "not closed in order");
            }
            check(pair, pair.client(), pair.server());
            check(pair, pair.server(), pair.client());
        }
    }

    /** Whatever became of the connections: once they are over nobody waits for memory any more. */
    void checkReleased() {
        for (Pair pair : scenario.pairs()) {
            int kept = pair.client().blocksHandedOver() + pair.server().blocksHandedOver();
            require(kept == 0, pair, kept + " blocks of memory that were handed over have not been released, or more than once");
        }
    }

    /** A connection that stayed Multipath TCP, and on which data has got through once so that it could join, has had a good path to turn to. */
    private boolean mustSucceed(Pair pair) {
        if (!boxes.mayDo(Harm.MPTCP)) {
            return true;
        }
        return boxes.hasGoodPath() && isMptcp(pair.client()) && isMptcp(pair.server()) && hasHeard(pair.client().connection());
    }

    private static boolean hasHeard(MptcpConnection connection) {
        return connection.bytesAcked() > 0 || connection.bytesReceived() > 0;
    }

    private static boolean isInOrder(TransferApp app) {
        return app.closeReason() == CloseReason.CLOSED;
    }

    private static boolean isMptcp(TransferApp app) {
        return app.connection() != null && !app.connection().isFallback();
    }

    /** Where TCP took over that Multipath TCP had sent, or a proxy answers, what was acknowledged need not have reached the stream. */
    private boolean isAcknowledgedByItsStream(Pair pair) {
        return boxes.isTruthful() && (!boxes.mayDo(Harm.MPTCP) || isMptcp(pair.client()) && isMptcp(pair.server()));
    }

    private void check(Pair pair, TransferApp app, TransferApp peer) {
        MptcpConnection connection = app.connection();
        if (connection == null) {
            return;
        }
        CloseReason reason = connection.closeReason();
        require(reason != CloseReason.INTERNAL && reason != CloseReason.LIMIT && reason != CloseReason.NONE, pair, "ended with " + reason);
        require(reason != CloseReason.ABORTED || app.isBrokenOff() || app.isDoneReading(), pair, "aborted by nobody");
        long peerReceived = peer.connection() == null ? 0 : peer.connection().bytesReceived();
        require(connection.bytesAcked() <= peerReceived || !isAcknowledgedByItsStream(pair), pair,
                connection.bytesAcked() + " bytes acknowledged, the peer has received " + peerReceived);
        if (reason == CloseReason.CLOSED) {
            require(app.isDoneReading(), pair, "closed in order without the peer's end");
            require(connection.bytesAcked() == app.writtenBytes(), pair, "closed in order, but of " + app.writtenBytes() + " bytes "
                    + connection.bytesAcked() + " were acknowledged");
        }
    }

    private void require(boolean condition, Pair pair, String otherwise) {
        if (!condition) {
            throw scenario.simulation().failure("connection " + scenario.pairs().indexOf(pair) + ": " + otherwise);
        }
    }
}
