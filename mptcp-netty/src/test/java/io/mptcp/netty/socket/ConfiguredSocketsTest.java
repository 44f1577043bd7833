package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Factories made by those who know the name of the class and a text, as JDBC drivers are told. */
@Timeout(60)
class ConfiguredSocketsTest {
    private static final String PATHS = "lo,link=udp,addr=127.0.0.21";

    @AfterEach
    void forget() {
        System.clearProperty(ConfiguredSockets.PROPERTY);
    }

    private static SocketFactory named(Object... configuration) throws Exception {
        Class<?> type = Class.forName("io.mptcp.netty.socket.MptcpSocketFactory");
        return (SocketFactory) (configuration.length == 0 ? type.getConstructor().newInstance() : type.getConstructor(String.class).newInstance(configuration));
    }

    @Test
    void pathsInTheTextAreUsedAndFactoriesWithTheSameShareAStack() throws Exception {
        try (MptcpStack stack = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build();
                MptcpServerSocket listener = MptcpServerSocketFactory.over(stack).createServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
            for (SocketFactory factory : List.of(named(PATHS), named(" " + PATHS + " "))) {
                try (Socket client = factory.createSocket(listener.getInetAddress(), listener.getLocalPort()); Socket server = listener.accept()) {
                    client.getOutputStream().write(7);
                    assertEquals(7, server.getInputStream().read());
                    assertEquals("127.0.0.21", server.getInetAddress().getHostAddress());
                }
            }
            assertEquals(1, Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith(ConfiguredSockets.THREADS)).count());
        }
    }

    @Test
    void automaticIsThePropertyWhereItIsSet() throws Exception {
        try (MptcpStack stack = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build();
                MptcpServerSocket listener = MptcpServerSocketFactory.over(stack).createServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
            System.setProperty(ConfiguredSockets.PROPERTY, PATHS);
            try (Socket client = named().createSocket(listener.getInetAddress(), listener.getLocalPort()); Socket server = listener.accept()) {
                assertEquals("127.0.0.21", server.getInetAddress().getHostAddress());
            }
        }
    }

    @Test
    void automaticIsTheKernelWhereNothingIsSaid() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        try (MptcpServerSocket listener = new MptcpServerSocketFactory("kernel").createServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
                Socket client = named().createSocket(listener.getInetAddress(), listener.getLocalPort()); Socket server = listener.accept()) {
            client.getOutputStream().write(7);
            assertEquals(7, server.getInputStream().read());
        }
    }

    @Test
    void whatIsWrongTheFirstSocketSaysInOneLine() throws Exception {
        InetAddress anywhere = InetAddress.getLoopbackAddress();
        String device = assertThrows(SocketException.class, () -> named("nosuch0,link=udp").createSocket(anywhere, 1)).getMessage();
        assertEquals("no such interface: nosuch0", device.replaceFirst(",.*", ""));
        String option = assertThrows(SocketException.class, () -> named("lo,fast").createSocket(anywhere, 1)).getMessage();
        assertEquals("path 'lo,fast': unknown part 'fast'", option.replaceFirst(", known.*", ""));
    }
}
