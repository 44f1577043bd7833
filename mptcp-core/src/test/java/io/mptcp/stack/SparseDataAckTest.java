package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.3.2: a DATA_ACK need not be on every segment. Where the stream goes one way, full segments carry that much more of it instead. */
class SparseDataAckTest {
    /** 1500 less IPv4, TCP, timestamps (12), and a DSS with mapping and DATA_ACK (28) or mapping alone (20). */
    private static final int WITH_DATA_ACK = 1420;
    private static final int WITHOUT_DATA_ACK = 1428;

    private record Sent(boolean fromClient, int linkId, int payload, boolean dataAck, boolean mapping) {
    }

    /** Opens a second path when it is told. */
    private static final class JoinLater implements PathManager {
        private PathCommands commands;

        @Override
        public String name() {
            return "join-later";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            this.commands = commands;
        }

        void join() {
            commands.openSubflow(1, TwoStacks.clientAddress(1), commands.initialRemote(), false);
        }
    }

    private final JoinLater paths = new JoinLater();
    private final TwoStacks net = new TwoStacks(StackConfig.defaults().withPathManager(() -> paths), StackConfig.defaults());
    private final List<Sent> sent = new ArrayList<>();
    private final MemorySegment data = MemorySegment.ofArray(new byte[1 << 20]);
    private MptcpConnection client;
    private MptcpConnection server;

    @BeforeEach
    void connect() {
        net.lose = packet -> {
            sent.add(parse(packet));
            return false;
        };
        net.server.listen(new IpEndpoint(IpAddress.ANY, TwoStacks.PORT), false, ConnectOptions.DEFAULT, null);
        client = net.connect();
        net.run(100);
        server = TwoStacks.ready(net.server);
    }

    private static Sent parse(TwoStacks.Packet packet) {
        MemorySegment segment = MemorySegment.ofArray(packet.bytes());
        int payload = packet.bytes().length - TcpSegment.headerLength(segment, 0);
        TcpOptions options = new TcpOptions();
        options.parse(segment, 0, payload);
        return new Sent(packet.toServer(), packet.linkId(), payload, options.mptcp.hasDataAck, options.mptcp.hasMapping);
    }

    /** Writes as much and reads it, in turns. */
    private void carry(MptcpConnection from, MptcpConnection to, int bytes) {
        for (int written = 0, read = 0; read < bytes; ) {
            written += written < bytes ? from.write(data, 0, (int) Math.min(data.byteSize(), bytes - written)) : 0;
            net.run(5);
            int count = to.read(data, 0, (int) Math.min(data.byteSize(), bytes - read));
            assertTrue(count >= 0, "the stream has ended");
            read += count;
        }
    }

    private List<Sent> full(boolean fromClient) {
        return sent.stream().filter(s -> s.fromClient == fromClient && s.payload >= WITH_DATA_ACK).toList();
    }

    @Test
    void aLongTransferLeavesThemOutOnceItHasShownThatItGoesOneWay() {
        carry(client, server, 1_000_000);
        List<Sent> full = full(true).stream().filter(Sent::mapping).toList(); // not what brings the keys
        Sent first = full.getFirst();
        assertTrue(first.dataAck && first.payload == WITH_DATA_ACK, first::toString);
        Sent last = full.getLast();
        assertTrue(!last.dataAck && last.payload == WITHOUT_DATA_ACK && last.mapping, last::toString);
        assertTrue(full.stream().allMatch(s -> s.dataAck == s.payload <= WITH_DATA_ACK), "as much longer as the DATA_ACK was");
        assertTrue(sent.stream().filter(s -> !s.fromClient).skip(1).allMatch(Sent::dataAck), "the other side acknowledges as ever");
    }

    @Test
    void aSubflowThatJoinsLaterBeginsWithThem() {
        carry(client, server, 500_000);
        paths.join();
        net.run(100);
        sent.clear();
        carry(client, server, 10_000_000);
        List<Sent> second = full(true).stream().filter(s -> s.linkId == 1).toList();
        assertTrue(second.size() > 50, () -> second.size() + " segments on the second path");
        assertTrue(second.subList(0, 10).stream().allMatch(Sent::dataAck), "until the peer has seen one, it may not count the subflow as established");
        assertFalse(second.getLast().dataAck);
    }

    @Test
    void aRequestAmongItIsAcknowledgedAsSoonAsElsewhere() {
        carry(client, server, 500_000);
        for (int i = 0; i < 20; i++) {
            server.write(data, 0, 100);
            for (int step = 0; step < 10; step++) {
                client.write(data, 0, 10 * WITHOUT_DATA_ACK); // full segments only: a shorter one has room
                net.run(5);
            }
            server.read(data, 0, 200 * WITHOUT_DATA_ACK);
            assertEquals(100, client.read(data, 0, 1000), "what came is there");
            net.run(10);
            MptcpInfo info = server.mptcpInfo(net.nowNanos);
            assertEquals(info.writeSeq(), info.sndUna(), "all that the peer wrote is acknowledged");
        }
        assertFalse(full(true).getLast().dataAck, "so few bytes change nothing");
        assertEquals(0, net.server.counters().get(Counter.MPTCPRetrans), "nor did the peer send anything again");
    }

    @Test
    void whereDataGoesBothWaysTheSegmentsOfOneAcknowledgeTheOther() {
        carry(client, server, 500_000);
        carry(server, client, 500_000);
        for (int i = 0; i < 20; i++) {
            carry(client, server, 20_000);
            carry(server, client, 20_000);
        }
        sent.clear();
        carry(client, server, 20_000);
        carry(server, client, 20_000);
        assertTrue(full(true).stream().allMatch(Sent::dataAck));
        assertTrue(full(false).stream().allMatch(Sent::dataAck));
    }
}
