package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkNamespaceTest {
    private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

    @Test
    void actionsRunInTheNamespaceAndTheCallerStaysOutside() throws Exception {
        try (Namespaces namespaces = Namespaces.orSkip()) {
            String name = namespaces.add();
            Namespaces.ip(name, "link", "add", "only-here", "type", "veth", "peer", "name", "other-end");
            assertTrue(Namespaces.in(name).call(() -> Files.readString(DEVICES)).contains("only-here"));
            assertFalse(Files.readString(DEVICES).contains("only-here"));
        }
    }

    @Test
    void aMissingNamespaceIsNamedInOneLine() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs Linux");
        var failure = assertThrows(UncheckedIOException.class, () -> NetworkNamespace.named("no-such-one").call(() -> 1));
        assertEquals("no such network namespace: /run/netns/no-such-one", failure.getMessage());
    }

    @Test
    void uncheckedExceptionsOfActionsPassThrough() {
        try (Namespaces namespaces = Namespaces.orSkip()) {
            String name = namespaces.add();
            assertThrows(IndexOutOfBoundsException.class, () -> Namespaces.in(name).call(() -> List.of().get(0)));
        }
    }

    @Test
    void kernelMptcpSocketsOpenWhereTheKernelHasThem() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs Linux");
        assumeTrue(KernelMptcp.available(), "needs a kernel with Multipath TCP");
        Syscalls syscalls = new Syscalls();
        int fd = KernelMptcp.socket(Syscalls.AF_INET6);
        assertEquals(KernelMptcp.IPPROTO_MPTCP, syscalls.getsockopt(fd, Syscalls.SOL_SOCKET, 38), "SO_PROTOCOL");
        assertEquals(0, syscalls.close(fd));
    }
}
