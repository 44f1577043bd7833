package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PortReservationTest {
    private static final int SILENT_MILLIS = 100;
    private static final int ANSWER_MILLIS = 10_000;

    private Namespaces namespaces;
    private String name;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        name = namespaces.add();
    }

    @AfterEach
    void tearDown() {
        if (namespaces != null) {
            namespaces.close();
        }
    }

    private <T> T here(Callable<T> action) {
        return Namespaces.in(name).call(action);
    }

    @Test
    void clientsGetDisjointSlotsAndGiveThemBack() {
        PortReservation first = here(PortReservation::forClients);
        PortReservation second = here(PortReservation::forClients);
        assertEquals(List.of(new PortRange(61000, 61255)), first.ranges());
        assertEquals(List.of(new PortRange(61256, 61511)), second.ranges());
        first.close();
        PortReservation third = here(PortReservation::forClients);
        assertEquals(List.of(new PortRange(61000, 61255)), third.ranges());
        second.close();
        third.close();
    }

    @Test
    void aSlotThatSomebodyUsesIsLeftAlone() throws Exception {
        try (ServerSocket other = here(() -> new ServerSocket(61100, 1, InetAddress.getByName("127.0.0.1")));
                PortReservation reservation = here(PortReservation::forClients)) {
            assertEquals(61100, other.getLocalPort());
            assertEquals(61256, reservation.ranges().getFirst().first());
        }
    }

    @Test
    void severalSlotsAreAdjacentAndEndBeforeOneThatIsTaken() throws Exception {
        try (ServerSocket other = here(() -> new ServerSocket(61600, 1, InetAddress.getByName("127.0.0.1")));
                PortReservation reservation = here(() -> PortReservation.forClients(4));
                PortReservation next = here(() -> PortReservation.forClients(2))) {
            assertEquals(61600, other.getLocalPort());
            assertEquals(List.of(new PortRange(61000, 61255), new PortRange(61256, 61511)), reservation.ranges());
            assertEquals(List.of(new PortRange(61768, 62023), new PortRange(62024, 62279)), next.ranges());
        }
    }

    @Test
    void onePortStandsForTheSlotWhereTheKernelHandsOutOthers() {
        try (PortReservation reservation = here(PortReservation::forClients)) {
            assertEquals(1, reservation.ranges().size());
            assertEquals("61000: Address already in use", bindError(61000));
            assertEquals("61001: free", bindError(61001));
        }
    }

    @Test
    void everyPortIsHeldWhereTheKernelHandsOutThatRange() {
        here(() -> java.nio.file.Files.writeString(java.nio.file.Path.of("/proc/sys/net/ipv4/ip_local_port_range"), "1024 65535"));
        try (PortReservation reservation = here(PortReservation::forClients)) {
            assertEquals(1, reservation.ranges().size());
            assertEquals("61255: Address already in use", bindError(61255));
        }
        assertEquals("61255: free", bindError(61255));
    }

    private String bindError(int port) {
        return here(() -> {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(false);
                socket.bind(new InetSocketAddress("127.0.0.1", port));
                return port + ": free";
            } catch (IOException e) {
                return port + ": " + e.getMessage().replaceAll(" \\(.*", "");
            }
        });
    }

    @Test
    void aListenerPortIsExclusive() throws Exception {
        try (PortReservation reservation = here(() -> PortReservation.forListener(5000, 5001))) {
            assertEquals(List.of(PortRange.of(5000), PortRange.of(5001)), reservation.ranges());
            var failure = assertThrows(UncheckedIOException.class, () -> here(() -> PortReservation.forListener(4999, 5000)));
            assertEquals("port 5000 is already in use", failure.getMessage());
            assertEquals("5001: Address already in use", bindError(5001));
            assertEquals("4999: free", bindError(4999), "a reservation that failed keeps nothing");
        }
    }

    @Test
    void theKernelIsSilentOnReservedPortsOnly() throws Exception {
        PortReservation reservation = here(() -> PortReservation.forListener(5000));
        assertThrows(ConnectException.class, () -> connect("127.0.0.1", 5000, ANSWER_MILLIS), "bound alone, the kernel still resets");
        here(() -> {
            reservation.silenceKernel();
            reservation.add(5002);
            return null;
        });
        assertEquals(1, NftTables.names(name).size());
        for (String address : List.of("127.0.0.1", "::1")) {
            assertThrows(SocketTimeoutException.class, () -> connect(address, 5000, SILENT_MILLIS));
            assertThrows(SocketTimeoutException.class, () -> connect(address, 5002, SILENT_MILLIS), "added later");
            assertThrows(ConnectException.class, () -> connect(address, 5001, ANSWER_MILLIS));
        }
        reservation.close();
        assertEquals(List.of(), NftTables.names(name));
        assertThrows(ConnectException.class, () -> connect("127.0.0.1", 5000, ANSWER_MILLIS));
    }

    @Test
    void aPortThatIsGivenBackIsTheKernelsAgain() throws Exception {
        try (PortReservation reservation = here(PortReservation::forClients)) {
            List<PortRange> before = reservation.ranges();
            here(() -> {
                reservation.silenceKernel();
                reservation.add(5000);
                reservation.add(5001);
                reservation.remove(5000);
                reservation.remove(61000); // part of a slot
                return null;
            });
            assertEquals(List.of(before.getFirst(), PortRange.of(5001)), reservation.ranges());
            assertEquals("5000: free", bindError(5000));
            assertThrows(ConnectException.class, () -> connect("127.0.0.1", 5000, ANSWER_MILLIS));
            assertThrows(SocketTimeoutException.class, () -> connect("127.0.0.1", 5001, SILENT_MILLIS), "the other is ours still");
            assertThrows(SocketTimeoutException.class, () -> connect("127.0.0.1", 61000, SILENT_MILLIS));
            here(() -> {
                reservation.add(5000);
                return null;
            });
            assertThrows(SocketTimeoutException.class, () -> connect("127.0.0.1", 5000, SILENT_MILLIS), "and this one again");
        }
        assertEquals("5000: free", bindError(5000));
    }

    private void connect(String address, int port, int timeoutMillis) throws IOException {
        try {
            here(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, port), timeoutMillis);
                }
                return null;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Test
    void changesAreTold() throws Exception {
        int[] calls = new int[1];
        Runnable listener = () -> calls[0]++;
        try (PortReservation reservation = here(() -> PortReservation.forListener(5000))) {
            reservation.onChange(listener);
            here(() -> {
                reservation.add(5000);
                reservation.add(5001);
                return null;
            });
            assertEquals(1, calls[0], "5000 was there already");
            assertNotEquals(0, reservation.ranges().size());
            assertTrue(reservation.ranges().contains(PortRange.of(5001)));
        }
    }
}
