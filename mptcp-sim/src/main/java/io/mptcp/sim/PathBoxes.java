package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Middleboxes that have to see both directions of a path (RFC 8684 section 6). */
public final class PathBoxes {
    private static final int FIRST_EXTERNAL_PORT = 20_000;

    private PathBoxes() {
    }

    /** Half of a box that changes what the ends know each other by. */
    private record Half(Middlebox.Active active) implements Middlebox.Active {
        @Override
        public void handle(PacketSlot packet, Exits exits) {
            active.handle(packet, exits);
        }

        @Override
        public boolean isTransparent() {
            return false;
        }
    }

    private static void install(SimLink link, Middlebox.Active half) {
        link.add(new Half(half));
    }

    /** Replaces the client's initial sequence numbers by others, as firewalls do that do not trust them. */
    public static void randomiseIsn(SimPath path, int delta) {
        install(path.up(), (packet, exits) -> {
            Segments.setSequenceNumber(packet, Segments.sequenceNumber(packet) + delta);
            Checksum.fillTcp(packet);
            exits.pass(packet);
        });
        install(path.down(), (packet, exits) -> {
            if (Segments.has(packet, TcpSegment.ACK)) {
                Segments.setAcknowledgmentNumber(packet, Segments.acknowledgmentNumber(packet) - delta);
                Segments.shiftSack(packet, -delta);
                Checksum.fillTcp(packet);
            }
            exits.pass(packet);
        });
    }

    /** Translates the client's ports; what comes to a port nobody has is dropped. */
    public static final class Nat {
        private final Map<Integer, Integer> external = new HashMap<>();
        private final Map<Integer, Integer> internal = new HashMap<>();
        private int nextPort = FIRST_EXTERNAL_PORT;

        private Nat() {
        }

        /** Forgets all bindings, as after a reboot: what was open goes on from other ports. */
        public void rebind() {
            external.clear();
            internal.clear();
        }

        private void up(PacketSlot packet, Middlebox.Exits exits) {
            int port = external.computeIfAbsent(Segments.sourcePort(packet), inside -> {
                internal.put(nextPort, inside);
                return nextPort++;
            });
            Segments.setSourcePort(packet, port);
            Checksum.fillTcp(packet);
            exits.pass(packet);
        }

        private void down(PacketSlot packet, Middlebox.Exits exits) {
            Integer port = internal.get(Segments.destinationPort(packet));
            if (port != null) {
                Segments.setDestinationPort(packet, port);
                Checksum.fillTcp(packet);
                exits.pass(packet);
            }
        }
    }

    public static Nat nat(SimPath path) {
        Nat nat = new Nat();
        install(path.up(), nat::up);
        install(path.down(), nat::down);
        return nat;
    }

    /**
     * An application-level gateway that inserts bytes into what the client sends, once for each TCP connection, and makes sequence numbers fit.
     *
     * @param afterBytes where in the stream, at the next packet border
     */
    public static void insertIntoStream(SimPath path, int afterBytes, byte[] inserted) {
        Map<Integer, int[]> positions = new HashMap<>(); // by client port: first sequence number, then where bytes were inserted or 0 and whether
        install(path.up(), (packet, exits) -> {
            int seq = Segments.sequenceNumber(packet);
            if (Segments.has(packet, TcpSegment.SYN)) {
                positions.put(Segments.sourcePort(packet), new int[] {seq + 1, 0, 0});
            }
            int[] state = positions.get(Segments.sourcePort(packet));
            if (state != null && state[2] == 0 && Segments.payloadLength(packet) > 0 && seq - state[0] >= afterBytes) {
                state[1] = seq;
                state[2] = 1;
            }
            if (state == null || state[2] == 0 || seq - state[1] < 0) {
                exits.pass(packet);
                return;
            }
            boolean here = seq == state[1] && Segments.payloadLength(packet) > 0;
            byte[] payload = Segments.payload(packet);
            byte[] longer = new byte[payload.length + (here ? inserted.length : 0)];
            System.arraycopy(payload, 0, longer, longer.length - payload.length, payload.length);
            if (here) {
                System.arraycopy(inserted, 0, longer, 0, inserted.length);
            }
            PacketSlot changed = Segments.copy(packet, Segments.options(packet), longer);
            Segments.setSequenceNumber(changed, here || seq == state[1] ? seq : seq + inserted.length);
            Checksum.fillTcp(changed);
            exits.pass(changed);
        });
        install(path.down(), (packet, exits) -> {
            int[] state = positions.get(Segments.destinationPort(packet));
            if (state == null || state[2] == 0 || Segments.acknowledgmentNumber(packet) - state[1] <= 0) {
                exits.pass(packet);
                return;
            }
            int ack = Segments.acknowledgmentNumber(packet);
            Segments.setAcknowledgmentNumber(packet, Math.max(0, ack - state[1] - inserted.length) + state[1]);
            List<byte[]> options = Segments.options(packet);
            options.removeIf(option -> option[0] == Segments.KIND_SACK);
            exits.pass(Segments.copy(packet, options, Segments.payload(packet)));
        });
    }

    /**
     * A performance-enhancing proxy that acknowledges the client's data before the server does. Its acknowledgments have the options of the last
     * segment the server sent.
     *
     * @param withOptions with those of MPTCP
     * @param lose of the data packets it has acknowledged, this one (counted from 1) is lost behind it; 0 for none
     */
    public static void acknowledgeEarly(SimPath path, boolean withOptions, int lose) {
        Map<Integer, PacketSlot> lastDown = new HashMap<>();
        Map<Integer, Integer> nextSequenceNumber = new HashMap<>();
        int[] seen = {0};
        path.down().add((Middlebox.Active) (packet, exits) -> {
            if (!Segments.has(packet, TcpSegment.SYN | TcpSegment.RST)) {
                lastDown.put(Segments.destinationPort(packet), Segments.copy(packet, Segments.options(packet), new byte[0]));
            }
            exits.pass(packet);
        });
        path.up().add((Middlebox.Active) (packet, exits) -> {
            int port = Segments.sourcePort(packet);
            int payload = Segments.payloadLength(packet);
            PacketSlot template = lastDown.get(port);
            if (Segments.has(packet, TcpSegment.SYN)) {
                nextSequenceNumber.put(port, Segments.sequenceNumber(packet) + 1);
            }
            boolean inOrder = payload > 0 && nextSequenceNumber.containsKey(port)
                    && nextSequenceNumber.get(port) == Segments.sequenceNumber(packet);
            if (inOrder) {
                nextSequenceNumber.put(port, Segments.sequenceNumber(packet) + payload);
            }
            if (inOrder && template != null) {
                exits.answer(earlyAck(packet, template, payload, withOptions));
                seen[0]++;
            }
            if (lose == 0 || !inOrder || template == null || seen[0] != lose) {
                exits.pass(packet);
            }
        });
    }

    static PacketSlot earlyAck(PacketSlot packet, PacketSlot template, int payload, boolean withOptions) {
        List<byte[]> options = new ArrayList<>(Segments.options(template));
        options.removeIf(option -> option[0] == Segments.KIND_SACK || mapsData(option)
                || !withOptions && (option[0] & 0xff) == MptcpOptions.KIND);
        PacketSlot ack = Segments.copy(template, options, new byte[0]);
        Segments.setSequenceNumber(ack, Segments.acknowledgmentNumber(packet));
        Segments.setAcknowledgmentNumber(ack, Segments.sequenceNumber(packet) + payload);
        Segments.setFlags(ack, TcpSegment.ACK);
        Checksum.fillTcp(ack);
        return ack;
    }

    /** A DSS with a mapping, which belongs to the segment it came with. */
    static boolean mapsData(byte[] option) {
        return (option[0] & 0xff) == MptcpOptions.KIND && (option[2] >> 4) == MptcpOptions.SUBTYPE_DSS && (option[3] & 0x04) != 0;
    }
}
