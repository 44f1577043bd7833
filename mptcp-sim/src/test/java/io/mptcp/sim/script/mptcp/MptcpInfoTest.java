package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathLimits;
import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an application sees of a connection: the fields of {@code struct mptcp_info}. */
class MptcpInfoTest {
    private static final IpAddress ANNOUNCED = IpAddress.parse("192.0.2.10");

    private PathCommands commands;
    private Script script = new Script(StackConfig.defaults().withPathManager(Holder::new)).listen();
    private FakePeer peer;
    private MptcpConnection connection;

    private final class Holder implements PathManager {
        @Override
        public String name() {
            return "holder";
        }

        @Override
        public void onEstablished(PathCommands pathCommands) {
            commands = pathCommands;
        }
    }

    private void open() {
        peer = FakePeer.client(script);
        peer.rttMillis = 20;
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
    }

    private MptcpInfo info() {
        return connection.mptcpInfo(script.nowNanos());
    }

    @Test
    void numbersOfTheStreamAreThoseOnTheWire() {
        open();
        assertEquals(peer.wireDataAck(1), info().writeSeq());
        assertEquals(peer.wireDsn(1), info().rcvNxt());
        assertEquals(peer.stackToken(), info().token());
        Script.write(connection, "hello");
        peer.expect().data(1, "hello");
        peer.send("hi");
        assertEquals(peer.wireDataAck(6), info().writeSeq());
        assertEquals(peer.wireDataAck(6), info().sndUna(), "the answer acknowledged it");
        assertEquals(peer.wireDsn(3), info().rcvNxt());
        assertEquals(5, info().bytesSent());
        assertEquals(5, info().bytesAcked());
        assertEquals(2, info().bytesReceived());
        connection.shutdownOutput();
        peer.skip();
        assertEquals(peer.wireDataAck(7), info().writeSeq(), "a DATA_FIN has a number");
        peer.ack();
        assertEquals(peer.wireDataAck(7), info().sndUna());
        assertEquals(5, info().bytesAcked(), "and is no byte");
    }

    @Test
    void whatIsWrittenCountsBeforeItIsSent() {
        open();
        peer.inject(packet(".").window(0));
        Script.write(connection, "hello");
        assertEquals(peer.wireDataAck(6), info().writeSeq(), "as Linux: what waits in the queue is in it");
        assertEquals(0, info().bytesSent());
        connection.shutdownOutput();
        assertEquals(peer.wireDataAck(7), info().writeSeq());
    }

    @Test
    void limitsAreThoseOfThePathManagerWithinTheStacks() {
        HostPathManager host = HostPathManager.forPaths(List.of(), 0, List.of());
        script = new Script(StackConfig.defaults().withPathManager(host)).listen();
        open();
        host.setLimits(new PathLimits(3, 2));
        assertEquals(3, info().subflowsMax());
        assertEquals(2, info().addAddrAcceptedMax());
        host.setLimits(new PathLimits(60, 0));
        assertEquals(StackConfig.defaults().limits().maxSubflows() - 1, info().subflowsMax());
        assertEquals(0, info().addAddrAcceptedMax());
    }

    @Test
    void whatIsSentAgainElsewhereIsCounted() {
        open();
        FakePeer second = peer.joining(1);
        second.rttMillis = 20;
        second.openJoin(7);
        second.skip();
        peer.inject(packet(".").option(new MptcpOption.MpPrio(true)));
        Script.write(connection, "lost");
        second.expect().data(1, "lost");
        assertEquals(0, info().bytesRetrans());
        script.advance(150);
        peer.expect().data(1, "lost");
        assertEquals(4, info().bytesRetrans());
        assertEquals(4, info().bytesSent());
        script.advance(3_000);
        assertTrue(info().retransmits() > 0);
        peer.skip();
        peer.ack();
        assertEquals(0, info().retransmits());
    }

    @Test
    void subflowsAndAddressesAreCounted() {
        open();
        assertEquals(0, info().subflows());
        assertEquals(1, info().subflowsTotal());
        assertEquals(StackConfig.defaults().limits().maxSubflows() - 1, info().subflowsMax());
        FakePeer second = peer.joining(1).openJoin(7);
        assertEquals(1, info().subflows());
        assertEquals(2, info().subflowsTotal());
        assertEquals(0, info().localAddrUsed());
        commands.announceAddress(5, ANNOUNCED, Long.MAX_VALUE);
        script.advance(0);
        assertEquals(1, info().addAddrSignal());
        second.inject(packet(".").option(new MptcpOption.AddAddrEcho(5, ANNOUNCED, 0)));
        assertEquals(1, info().addAddrSignal());
        peer.inject(packet(".").option(new MptcpOption.AddAddr(9, ANNOUNCED, 0,
                new Keys().addAddrHmac(FakePeer.KEY, peer.session.remoteKey, 9, ANNOUNCED.hi(), ANNOUNCED.lo(), 0))));
        assertEquals(1, info().addAddrAccepted());
        commands.openSubflow(2, IpAddress.parse("10.9.9.8"), new IpEndpoint(peer.local.address(), 80), false);
        assertEquals(1, info().localAddrUsed());
        peer.inject(packet("R."));
        assertEquals(2, info().subflows(), "the initial one is not among them");
        assertEquals(2, info().subflowsTotal());
    }

    @Test
    void timesTellWhatHappenedLast() {
        open();
        script.advance(10);
        assertEquals(0, info().sinceLastDataSentNanos());
        assertEquals(0, info().sinceLastDataReceivedNanos());
        Script.write(connection, "hello");
        peer.expect();
        script.advance(30);
        peer.send("hi");
        script.advance(5);
        assertEquals(35 * Script.MS, info().sinceLastDataSentNanos());
        assertEquals(5 * Script.MS, info().sinceLastDataReceivedNanos());
        assertEquals(5 * Script.MS, info().sinceLastAckReceivedNanos());
    }

    @Test
    void flagsTellOfFallbackAndTheKey() {
        open();
        assertEquals(MptcpInfo.FLAG_REMOTE_KEY_RECEIVED, info().flags());
        assertFalse(info().csumEnabled());
        FakePeer plain = FakePeer.client(script).openPlain();
        connection = script.accepted();
        assertEquals(MptcpInfo.FLAG_FALLBACK, info().flags());
        assertEquals(0, info().token());
        plain.send("tcp");
        assertEquals(3, info().bytesReceived());

        script = new Script(StackConfig.defaults().withChecksum(true)).listen();
        open();
        assertTrue(info().csumEnabled());
    }
}
