package io.mptcp.sim.fuzz;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What RFC 9293 section 3.10.7.4, RFC 5961 and RFC 7323 section 5 have dropped must leave nothing behind: after each such segment the peer's next one is
 * taken, and what is written goes out. Not as {@link FuzzTest}, whose segments may well end the connections they hit.
 */
class RejectedSegmentTest {
    private static final long SEEDS = Long.getLong("rejected.seeds", 60);
    private static final long FIRST = Long.getLong("rejected.first", 1);
    private static final int SEGMENTS_PER_SEED = 100;
    private static final String[] FLAGS = {".", "P.", "F.", "FP.", "U.", "E.", "W.", "FU."};

    /** More than the default window ever is. */
    private static final long BEYOND_WINDOW = 1L << 26;

    @Test
    void thePeersNextSegmentIsTakenAfterEachThatHadToBeRejected() {
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            new Run(seed).attack(seed);
        }
    }

    private static final class Run {
        private final Script script;
        private final Random random;
        private final FakePeer peer;
        private final MptcpConnection connection;

        Run(long seed) {
            random = new Random(seed);
            boolean mptcp = random.nextBoolean();
            script = new Script(StackConfig.defaults().withMptcp(mptcp)).listen();
            peer = FakePeer.client(script);
            if (mptcp) {
                peer.openMptcp().confirm();
            } else {
                peer.openPlain();
            }
            connection = script.accepted();
        }

        void attack(long seed) {
            exchange("the first of many");
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < SEGMENTS_PER_SEED; i++) {
                script.advance(random.nextInt(30));
                long expected = peer.sndNxt;
                Packet wrong = wrong();
                sent.add(wrong.flags + " seq " + wrong.seq + " ack " + wrong.ack + " len " + wrong.payload.length + " next " + expected);
                peer.inject(wrong);
                peer.sndNxt = expected;
                try {
                    exchange("segment " + i);
                } catch (AssertionError e) {
                    throw new AssertionError("-Drejected.first=" + seed + " -Drejected.seeds=1, after " + sent.getLast() + ": " + e.getMessage(), e);
                }
            }
        }

        private void exchange(String text) {
            peer.send(text);
            assertEquals(text, Script.read(connection));
            Script.write(connection, text);
            StringBuilder heard = new StringBuilder();
            for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
                heard.append(new String(segment.payload, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            assertTrue(heard.toString().endsWith(text), () -> "heard '" + heard + "'");
            peer.ack();
            peer.skip();
            assertEquals(CloseReason.NONE, connection.closeReason());
            assertTrue(!connection.isEndOfStream() && connection.subflows().getFirst().state().equals("ESTABLISHED"), connection.subflows()::toString);
        }

        private Packet wrong() {
            return switch (random.nextInt(8)) {
                case 0 -> below();
                case 1 -> behindTheWindow();
                case 2 -> packet(random.nextBoolean() ? "R" : "R.").seq(peer.sndNxt + 1 + random.nextInt(30_000));
                case 3 -> packet("R.").seq(peer.sndNxt - 1 - random.nextInt(30_000));
                case 4 -> packet(random.nextBoolean() ? "S" : "S.").seq(peer.sndNxt - 100 + random.nextInt(10_000));
                case 5 -> filled(packet(flags()).ack(peer.rcvNxt + 1 + random.nextInt(1 << 30)), 0);
                case 6 -> filled(packet(random.nextBoolean() ? "F" : "P"), 1);
                default -> filled(packet(flags()).tsVal(76_999 - random.nextInt(1 << 30)), 0);
            };
        }

        /** All of it, a FIN included, lies below what is expected. */
        private Packet below() {
            String flags = flags();
            int length = random.nextBoolean() ? 0 : random.nextInt(2_000);
            int finLength = flags.contains("F") ? 1 : 0;
            int distance = random.nextInt(4) == 0 ? random.nextInt(1 << 20) : random.nextInt(3);
            return packet(flags).seq(peer.sndNxt - Math.max(1, length + finLength) - distance).data(bytes(length));
        }

        private Packet behindTheWindow() {
            return filled(packet(flags()).seq(peer.sndNxt + BEYOND_WINDOW + random.nextInt(1 << 28)), 0);
        }

        private String flags() {
            return FLAGS[random.nextInt(FLAGS.length)];
        }

        private Packet filled(Packet packet, int atLeast) {
            return packet.data(bytes(atLeast + random.nextInt(3) * random.nextInt(500)));
        }

        private byte[] bytes(int count) {
            byte[] bytes = new byte[count];
            random.nextBytes(bytes);
            return bytes;
        }
    }
}
