package io.mptcp.netty.socket;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The sockets of a {@link MptcpStack}, on all of its loops. */
final class StackSockets {
    private final MptcpStack stack;
    private final List<SocketStack> shards;
    private final ConnectOptions options;
    private final AtomicInteger next = new AtomicInteger();

    /** @param change of the stack's options; it begins with the socket options the JDK's sockets have */
    StackSockets(MptcpStack stack, UnaryOperator<ConnectOptions> change) {
        this.stack = stack;
        this.options = change.apply(stack.shards().getFirst().defaultOptions().withSocket(SocketOptions.DEFAULT));
        this.shards = stack.shards().stream().map(uplinks -> new SocketStack(uplinks, options)).toList();
    }

    MptcpStack stack() {
        return stack;
    }

    ConnectOptions options() {
        return options;
    }

    List<SocketStack> shards() {
        return shards;
    }

    SocketStack on(Uplinks uplinks) {
        for (SocketStack shard : shards) {
            if (shard.uplinks() == uplinks) {
                return shard;
            }
        }
        throw new IllegalStateException("no loop of this stack");
    }

    /** An unconnected socket; the loops take turns. */
    StreamSocket newStream() {
        return new StackStream(shards.get(Math.floorMod(next.getAndIncrement(), shards.size())));
    }

    ListeningSocket newListener() {
        return new StackListener(this);
    }
}
