package io.mptcp.netty.socket;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import java.io.IOException;
import java.net.SocketException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Sockets for programs that can only be told the name of a class and a text. A stack they need is opened with the first socket, and stays. */
final class ConfiguredSockets {
    /** Paths for factories that are told nothing. */
    static final String PROPERTY = "io.mptcp.paths";
    static final String AUTO = "auto";
    static final String THREADS = "mptcp-configured";
    private static final String KERNEL = "kernel";
    private static final Map<String, StackSockets> STACKS = new HashMap<>();

    private final String configuration;

    ConfiguredSockets(String configuration) {
        this.configuration = configuration == null ? AUTO : configuration.strip();
    }

    StreamSocket newStream() throws IOException {
        String paths = paths();
        return paths == null ? KernelSockets.get().newStream() : stack(paths).newStream();
    }

    ListeningSocket newListener() throws IOException {
        String paths = paths();
        return paths == null ? KernelSockets.get().newListener() : stack(paths).newListener();
    }

    /** Null for the kernel's. */
    private String paths() {
        if (configuration.equals(KERNEL)) {
            return null;
        }
        if (!configuration.isEmpty() && !configuration.equals(AUTO)) {
            return configuration;
        }
        String named = System.getProperty(PROPERTY, "").strip();
        return named.isEmpty() ? null : named;
    }

    private static synchronized StackSockets stack(String paths) throws SocketException {
        StackSockets known = STACKS.get(paths);
        if (known != null) {
            return known;
        }
        try {
            MptcpStack.Builder builder = MptcpStack.builder().threadName(THREADS);
            for (String path : paths.split("[\\s;]+")) {
                builder.path(PathSpec.parse(path));
            }
            StackSockets opened = new StackSockets(builder.build(), UnaryOperator.identity());
            STACKS.put(paths, opened);
            return opened;
        } catch (SetupException | IllegalArgumentException | IllegalStateException e) {
            SocketException failure = new SocketException(e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }
}
