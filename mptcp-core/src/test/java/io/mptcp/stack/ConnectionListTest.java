package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConnectionListTest {
    private final SplittableRandom random = new SplittableRandom(1);
    private final Stack stack = new Stack(StackConfig.defaults(), random::nextLong);
    private final ConnectionList list = new ConnectionList();

    private Connection connection() {
        return new Connection(stack, null, ConnectOptions.DEFAULT, TcpConfig.defaults(), true, null);
    }

    @Test
    void theOldestComesFirstWhoeverHasLeft() {
        Set<Connection> model = new LinkedHashSet<>();
        for (int i = 0; i < 500; i++) {
            if (!model.isEmpty() && random.nextInt(3) == 0) {
                Connection leaves = new ArrayList<>(model).get(random.nextInt(model.size()));
                model.remove(leaves);
                list.unlink(leaves);
            } else {
                Connection joins = connection();
                model.add(joins);
                list.add(joins);
            }
            assertEquals(List.copyOf(model), List.copyOf(list));
            assertEquals(model.size(), list.size());
        }
    }

    @Test
    void whoStandsInNoListLeavesItAsItIs() {
        Connection one = connection();
        list.unlink(one);
        list.add(one);
        list.unlink(connection());
        assertEquals(List.of(one), List.copyOf(list));
        list.unlink(one);
        list.unlink(one);
        assertEquals(0, list.size());
    }
}
