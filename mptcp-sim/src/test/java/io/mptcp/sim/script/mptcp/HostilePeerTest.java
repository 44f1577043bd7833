package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A peer that sends anything, in or near the window, with well-formed options in the wrong place: nothing it does may throw, make the stack
 * spin (the script would say so), answer a RST with a RST, or outlive its connection.
 */
class HostilePeerTest {
    private static final String[] FLAGS = {".", ".", ".", "P.", "P.", "F.", "R", "R.", "S", "S.", "", "SF", "F", "P"};

    private Random random;
    private Script script;

    @Test
    void nothingAPeerSendsBreaksTheStack() {
        for (int seed = 0; seed < 400; seed++) {
            random = new Random(seed);
            try {
                run(random.nextBoolean());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private void run(boolean checksum) {
        TcpConfig tcp = TcpConfig.defaults().withBuffers(32_768, 32_768).withRetries(2, 3);
        script = new Script(StackConfig.defaults().withTcp(tcp).withChecksum(checksum)
                .withLimits(Limits.defaults().toBuilder()
                        .maxSubflows(4).maxRanges(16).maxMappings(16).maxResetsPerSecond(1000).build())).listen();
        FakePeer first = FakePeer.client(script).openMptcp().confirm();
        MptcpConnection connection = script.accepted();
        FakePeer second = first.joining(1);
        if (random.nextBoolean()) {
            second.openJoin(3);
        }
        for (int step = 0; step < 150; step++) {
            FakePeer from = random.nextInt(3) == 0 ? second : first;
            Packet segment = anything(from);
            first.skip();
            second.skip();
            from.inject(segment);
            if (segment.flags.contains("R")) {
                Segment answer = from.poll();
                assertFalse(answer != null && answer.flagLetters().contains("R"), "a RST answered by a RST");
            }
            application(connection);
            if (random.nextInt(4) == 0) {
                script.advance(random.nextInt(2000));
            }
        }
        connection.abort();
        script.advance(1_000_000); // what its SYNs have opened besides is given up, or
        for (MptcpConnection c = script.stack.nextReady(); c != null; c = script.stack.nextReady()) {
            c.abort();
        }
        script.advance(1_000_000);
        assertEquals(0, script.stack.connectionCount());
        assertEquals(Long.MAX_VALUE, script.stack.deadlineNanos());
        assertEquals(0, script.count(Counter.InternalErrors));
    }

    private void application(MptcpConnection connection) {
        switch (random.nextInt(8)) {
            case 0 -> {
                if (!connection.isClosed() && connection.writableBytes() > 0) {
                    Script.write(connection, Script.pattern(1 + random.nextInt(5000)));
                }
            }
            case 1 -> Script.read(connection);
            case 2 -> {
                if (random.nextInt(30) == 0) {
                    connection.close();
                }
            }
            default -> {
            }
        }
    }

    private Packet anything(FakePeer from) {
        Packet segment = packet(FLAGS[random.nextInt(FLAGS.length)]);
        segment.seq(near(from.sndNxt)).ack(near(from.rcvNxt)).window(random.nextInt(3) == 0 ? 0 : random.nextInt(65_536));
        if (random.nextInt(3) == 0) {
            segment.data(Script.pattern(1 + random.nextInt(2000)));
        }
        if (random.nextInt(5) == 0) {
            segment.tsVal(random.nextInt()).tsEcr(random.nextInt());
        }
        boolean syn = segment.flags.contains("S");
        if (syn) {
            segment.mss(random.nextInt(3) == 0 ? random.nextInt(100) : 1460).windowScale(random.nextInt(20));
        } else if (random.nextInt(6) == 0) {
            long left = near(from.rcvNxt);
            segment.sack(left, left + random.nextInt(5000));
        } else if (random.nextInt(4) != 0) {
            segment.withoutTimestamps().option(anyOption(from, segment));
        }
        if (syn && random.nextBoolean()) {
            segment.withoutTimestamps().option(new MptcpOption.MpJoinSyn(false, random.nextInt(256), from.stackToken(), random.nextInt()));
        }
        return segment;
    }

    private long near(long number) {
        return switch (random.nextInt(6)) {
            case 0 -> Math.max(0, number - random.nextInt(3000));
            case 1 -> number + random.nextInt(3000);
            case 2 -> random.nextInt(4) == 0 ? random.nextInt() : number;
            default -> number;
        };
    }

    private MptcpOption anyOption(FakePeer from, Packet segment) {
        long key = random.nextInt(20) == 0 ? from.session.remoteKey : random.nextLong();
        int length = random.nextInt(3) == 0 ? random.nextInt(65_536) : segment.payload.length;
        int checksum = random.nextInt(4) == 0 ? random.nextInt(65_536) : MptcpOption.NO_CHECKSUM;
        return switch (random.nextInt(14)) {
            case 0 -> from.mpCapableAck();
            case 1 -> new MptcpOption.MpCapableData(1, 1, FakePeer.KEY, from.session.remoteKey, length, checksum);
            case 2 -> new MptcpOption.MpJoinAck(random.nextLong(), 2, 3);
            case 3 -> new MptcpOption.AddAddr(random.nextInt(256), IpAddress.parse("192.0.2.1"), 80, random.nextLong());
            case 4 -> new MptcpOption.RemoveAddr(List.of(random.nextInt(30), random.nextInt(256)));
            case 5 -> new MptcpOption.MpPrio(random.nextBoolean());
            case 6 -> new MptcpOption.MpFail(from.wireDsn(near(from.session.dsnNxt)));
            case 7 -> new MptcpOption.MpFastclose(key);
            case 8 -> from.dssAck(near(from.session.dataAck));
            case 9 -> from.dss(new MptcpOption.Mapping(true, from.wireDsn(near(from.session.dsnNxt)), 0, 1, true, checksum));
            default -> from.dss(new MptcpOption.Mapping(random.nextBoolean(), from.wireDsn(near(from.session.dsnNxt)),
                    (int) near(segment.seq == null ? from.sndNxt : segment.seq), length, random.nextInt(5) == 0,
                    from.session.checksum && segment.payload.length == length ? from.map(1, 1, segment.payload).checksum() : checksum));
        };
    }

    @Test
    void keysOnAJoinedSubflowAreNoMapping() {
        script = new Script(StackConfig.defaults()).listen();
        FakePeer first = FakePeer.client(script).openMptcp().confirm();
        MptcpConnection connection = script.accepted();
        FakePeer second = first.joining(1).openJoin(3);
        second.inject(packet("P.").data("stray").option(second.mpCapableData("stray".getBytes())));
        assertEquals("", Script.read(connection), "RFC 8684 section 3.1: only on the first subflow");
        assertTrue(!connection.isClosed());
    }
}
