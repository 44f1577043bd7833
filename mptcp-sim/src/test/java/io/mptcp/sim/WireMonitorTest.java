package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.Keys;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The monitor must find each breach it is there for: a connection is put on the wire by hand, and then one thing is wrong. */
class WireMonitorTest {
    private static final long CLIENT_KEY = 0x1111;
    private static final long SERVER_KEY = 0x2222;
    private static final int CLIENT_ISN = 1_000;
    private static final int SERVER_ISN = 9_000;
    private static final int H = 0x01;

    private final WireMonitor monitor = new Simulation(1).monitor();
    private final Keys keys = new Keys();
    private final long clientDsn = keys.idsn(CLIENT_KEY) + 1;
    private final long serverDsn = keys.idsn(SERVER_KEY) + 1;
    private byte fill = 7;

    private void send(boolean fromClient, int flags, int ssn, int ack, int window, int payload, Consumer<OptionWriter> options) {
        MemorySegment buffer = Arena.ofAuto().allocate(60 + payload);
        OptionWriter writer = new OptionWriter();
        writer.begin(buffer, 20);
        options.accept(writer);
        int headerLength = 20 + writer.finish();
        int ports = fromClient ? 1 : 0;
        TcpSegment.encode(buffer, 0, ports == 1 ? 5_000 : 80, ports == 1 ? 80 : 5_000, (fromClient ? CLIENT_ISN : SERVER_ISN) + ssn,
                (fromClient ? SERVER_ISN : CLIENT_ISN) + ack, headerLength, flags, window);
        buffer.asSlice(headerLength, payload).fill(fill);
        PacketSlot slot = new PacketSlot();
        slot.buffer = buffer;
        slot.length = headerLength + payload;
        slot.sourceLo = IpAddress.parse(fromClient ? "10.0.0.1" : "10.0.0.2").lo();
        slot.destinationLo = IpAddress.parse(fromClient ? "10.0.0.2" : "10.0.0.1").lo();
        monitor.generated(slot);
    }

    private void data(int ssn, long offset, int payload, int mapSsn, int mapLength) {
        send(true, TcpSegment.ACK, ssn, 1, 500, payload,
                writer -> writer.dssMapping(true, true, serverDsn, true, clientDsn + offset, mapSsn, mapLength, false, -1));
    }

    private void acknowledge(int ack, long dataAck, int window) {
        send(false, TcpSegment.ACK, 1, ack, window, 0, writer -> writer.dssAck(true, clientDsn + dataAck));
    }

    @BeforeEach
    void handshakeAndThousandBytes() {
        send(true, TcpSegment.SYN, 0, 0, 500, 0, writer -> {
            writer.syn(1460, true, false, 0, 0, 0);
            writer.mpCapableSyn(1, H);
        });
        send(false, TcpSegment.SYN | TcpSegment.ACK, 0, 1, 500, 0, writer -> {
            writer.syn(1460, true, false, 0, 0, 0);
            writer.mpCapableSynAck(1, H, SERVER_KEY);
        });
        send(true, TcpSegment.ACK, 1, 1, 500, 0, writer -> writer.mpCapableAck(1, H, CLIENT_KEY, SERVER_KEY));
        data(1, 0, 1_000, 1, 1_000);
        acknowledge(501, 500, 2_000);
    }

    private void finds(String what, Runnable breach) {
        SimulationFailure failure = assertThrows(SimulationFailure.class, breach::run);
        assertTrue(failure.getMessage().startsWith("wire: " + what), failure::getMessage);
    }

    @Test
    void honestSegmentsPass() {
        assertDoesNotThrow(() -> {
            data(1, 0, 1_000, 1, 1_000);
            data(501, 0, 300, 1, 1_000);
            data(1_001, 1_000, 200, 1_001, 200);
            acknowledge(1_001, 1_000, 1_500);
        });
    }

    @Test
    void mappingThatChanges() {
        finds("mapping changed", () -> data(501, 600, 500, 501, 500));
        finds("mapping changed", () -> data(1, 0, 500, 1, 500));
    }

    @Test
    void payloadBeyondItsMapping() {
        finds("payload 1001..1101 goes beyond", () -> data(1_001, 1_000, 100, 1_001, 50));
    }

    @Test
    void payloadThatChanges() {
        fill = 8;
        finds("byte at stream offset 0", () -> data(1, 0, 1_000, 1, 1_000));
    }

    @Test
    void dataAckOfWhatWasNeverSent() {
        finds("DATA_ACK 1001", () -> acknowledge(1_001, 1_001, 2_000));
    }

    @Test
    void dataAckThatGoesBack() {
        finds("DATA_ACK went back", () -> acknowledge(501, 499, 2_001));
    }

    @Test
    void subflowAcknowledgmentThatGoesBackOrTooFar() {
        finds("acknowledgment went back", () -> acknowledge(500, 500, 2_000));
        finds("acknowledgment 1002", () -> acknowledge(1_002, 1_000, 2_000));
    }

    @Test
    void rightEdgeThatRetreats() {
        finds("the right edge went back", () -> acknowledge(601, 600, 1_899));
    }

    @Test
    void dataBehindTheDataFin() {
        send(true, TcpSegment.ACK, 1_001, 1, 500, 0,
                writer -> writer.dssMapping(true, true, serverDsn, true, clientDsn + 1_000, 0, 1, true, -1));
        finds("payload up to stream offset 1100 behind the DATA_FIN", () -> data(1_001, 1_000, 100, 1_001, 100));
    }

    @Test
    void newMappingAfterFallback() {
        send(true, TcpSegment.ACK, 1_001, 1, 500, 100, writer -> { });
        finds("new mapping", () -> data(1_101, 1_100, 100, 1_101, 100));
    }

    @Test
    void keyThatChanges() {
        finds("the key changed", () -> send(true, TcpSegment.ACK, 1, 1, 500, 0, writer -> writer.mpCapableAck(1, H, CLIENT_KEY + 1, SERVER_KEY)));
    }
}
