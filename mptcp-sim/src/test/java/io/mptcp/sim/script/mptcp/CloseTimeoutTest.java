package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpPatience;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import org.junit.jupiter.api.Test;

/** How long a connection waits for a new subflow when the last one is gone (break before make). */
class CloseTimeoutTest {
    private static void lastsFor(StackConfig config, long millis) {
        Script script = new Script(config);
        script.listen();
        FakePeer peer = FakePeer.client(script).openMptcp().confirm();
        peer.skip();
        MptcpConnection connection = script.accepted();
        peer.inject(packet("R.").option(new MpTcpRst(0, true)));
        script.advance(millis - 1);
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(2);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void aMinuteAsLinux() {
        lastsFor(StackConfig.defaults(), 60_000);
    }

    @Test
    void asLongAsIsWanted() {
        lastsFor(StackConfig.defaults().withPatience(new MptcpPatience(2, 0, 5_000_000_000L)), 5_000);
    }
}
