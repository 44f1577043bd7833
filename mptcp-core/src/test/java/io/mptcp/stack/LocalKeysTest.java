package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.1: keys come from the source of randomness the stack is given, and no two connections of a host share a token. */
class LocalKeysTest {
    private static final long NOW_NANOS = 1_000_000_000L;
    private static final long KEY = 0x0123_4567_89ab_cdefL;
    private static final long OTHER = 0x1122_3344_5566_7788L;

    private final Random random = new Random(1);
    private final ArrayDeque<Long> drawn = new ArrayDeque<>();
    private final Stack stack = new Stack(StackConfig.defaults(), () -> drawn.isEmpty() ? random.nextLong() : drawn.poll());
    private final IpEndpoint local = new IpEndpoint(TwoStacks.clientAddress(0), 0);

    LocalKeysTest() {
        stack.addLink(0, LinkProperties.ofMtu(1500));
        stack.expire(NOW_NANOS);
    }

    @Test
    void aKeyIsWhatTheSourceOfRandomnessGives() {
        drawn.addAll(List.of(KEY));
        assertEquals(KEY, stack.localKeys().draw());
    }

    @Test
    void zeroIsNoKey() {
        drawn.addAll(List.of(0L, KEY));
        assertEquals(KEY, stack.localKeys().draw());
    }

    @Test
    void theKeyOfAnotherConnectionIsNotTakenAgain() {
        drawn.addAll(List.of(KEY));
        Connection connection = new Connection(stack, null, ConnectOptions.DEFAULT, TcpConfig.defaults(), true, null);
        stack.localKeys().draw(connection);
        assertEquals(new Keys().token(KEY), connection.facade().token());
        drawn.addAll(List.of(KEY, KEY, OTHER));
        assertEquals(OTHER, stack.localKeys().draw());
        stack.localKeys().forget(connection);
        drawn.addAll(List.of(KEY));
        assertEquals(KEY, stack.localKeys().draw());
    }

    @Test
    void norThatOfAHalfOpenOne() {
        stack.listen(TwoStacks.serverEndpoint(), false, ConnectOptions.DEFAULT, null);
        PacketSlot slot = new PacketSlot();
        slot.buffer = Arena.ofAuto().allocate(2000);
        Stack client = new Stack(StackConfig.defaults(), new Random(2)::nextLong);
        client.addLink(0, LinkProperties.ofMtu(1500));
        client.expire(NOW_NANOS);
        client.connect(0, local, TwoStacks.serverEndpoint(), ConnectOptions.DEFAULT, null);
        assertTrue(client.transmit(NOW_NANOS, slot));
        Checksum.fillTcp(slot);
        drawn.addAll(List.of(KEY));
        stack.receive(NOW_NANOS, slot);
        assertTrue(drawn.isEmpty(), "the SYN/ACK has a key");
        assertTrue(stack.localKeys().isTaken(new Keys().token(KEY)));
        drawn.addAll(List.of(KEY, OTHER));
        assertEquals(OTHER, stack.localKeys().draw());
    }

    @Test
    void connectionsHaveKeysOfTheirOwn() {
        Set<Integer> tokens = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            tokens.add(stack.connect(0, local, TwoStacks.serverEndpoint(), ConnectOptions.DEFAULT, null).token());
        }
        assertEquals(100, tokens.size());
        assertNotEquals(true, tokens.contains(0));
    }
}
