package io.mptcp.stack;

import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A broken invariant, or a scheduler, path manager or factory that throws, costs the connection it was found in, not the others. */
final class Containment {
    private final Stack stack;
    private BiConsumer<MptcpConnection, RuntimeException> hook = (connection, failure) -> {
        assert false : failure; // tests run with assertions
    };

    Containment(Stack stack) {
        this.stack = stack;
    }

    void setHook(BiConsumer<MptcpConnection, RuntimeException> replacement) {
        hook = Objects.requireNonNull(replacement);
    }

    /** Runs something that concerns one connection: should it fail, the others do not notice. */
    void guarded(Connection connection, Consumer<Connection> action) {
        try {
            action.accept(connection);
        } catch (RuntimeException e) {
            contain(connection, e);
        }
    }

    /** @param connection null when there is none yet */
    void contain(Connection connection, RuntimeException failure) {
        report(connection, failure);
        if (connection == null) {
            return;
        }
        try {
            connection.terminate(CloseReason.INTERNAL, true);
            connection.settle(stack.nowNanos());
        } catch (RuntimeException again) {
            report(connection, again);
            connection.closing().bury();
        }
    }

    void report(Connection connection, RuntimeException failure) {
        stack.count(Counter.InternalErrors);
        hook.accept(connection == null ? null : connection.facade(), failure);
    }
}
