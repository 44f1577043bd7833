package io.mptcp.cli.dump;

import io.mptcp.stack.Keys;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Both ends of an MPTCP connection as a test tells them: what crosses the wire, in relative numbers, at a time in milliseconds. */
final class Conversation {
    static final int SYN = TcpSegment.SYN;
    static final int ACK = TcpSegment.ACK;
    static final int FIN = TcpSegment.FIN;
    static final int RST = TcpSegment.RST;
    static final int PSH = TcpSegment.PSH;
    static final long START_NANOS = 1_700_000_000_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** One packet of the story. */
    record Sent(long timeNanos, byte[] packet) {
    }

    /** Addresses of a subflow, and where the sequence numbers of both ends begin. */
    record Flow(IpEndpoint client, IpEndpoint server, int clientIsn, int serverIsn) {
    }

    final Keys keys = new Keys();
    final long clientKey;
    final long serverKey;
    final List<Sent> sent;
    private int identification = 100;

    Conversation(List<Sent> sent, long clientKey, long serverKey) {
        this.sent = sent;
        this.clientKey = clientKey;
        this.serverKey = serverKey;
    }

    static Flow flow(String client, int clientPort, String server, int serverPort, int clientIsn, int serverIsn) {
        return new Flow(new IpEndpoint(IpAddress.parse(client), clientPort), new IpEndpoint(IpAddress.parse(server), serverPort), clientIsn, serverIsn);
    }

    Conversation client(double millis, Flow flow, int flags, long seq, long ack, byte[] payload, MptcpOption... options) {
        return segment(millis, flow, true, flags, seq, ack, payload, MptcpOption.encode(List.of(options)));
    }

    Conversation server(double millis, Flow flow, int flags, long seq, long ack, byte[] payload, MptcpOption... options) {
        return segment(millis, flow, false, flags, seq, ack, payload, MptcpOption.encode(List.of(options)));
    }

    Conversation segment(double millis, Flow flow, boolean fromClient, int flags, long seq, long ack, byte[] payload, byte[] options) {
        int isn = fromClient ? flow.clientIsn : flow.serverIsn;
        int otherIsn = fromClient ? flow.serverIsn : flow.clientIsn;
        byte[] packet = Frames.packet(fromClient ? flow.client : flow.server, fromClient ? flow.server : flow.client, flags,
                isn + (int) seq, (flags & ACK) == 0 ? 0 : otherIsn + (int) ack, options, payload, identification++);
        sent.add(new Sent(START_NANOS + (long) (millis * NANOS_PER_MILLI), packet));
        return this;
    }

    /** SYN, SYN/ACK and ACK of the first subflow, a millisecond apart. */
    Conversation open(double millis, Flow flow, int mpCapableFlags) {
        return client(millis, flow, SYN, 0, 0, new byte[0], new MptcpOption.MpCapableSyn(1, mpCapableFlags))
                .server(millis + 1, flow, SYN | ACK, 0, 1, new byte[0], new MptcpOption.MpCapableSynAck(1, mpCapableFlags, serverKey))
                .client(millis + 2, flow, ACK, 1, 1, new byte[0], new MptcpOption.MpCapableAck(1, mpCapableFlags, clientKey, serverKey));
    }

    /** The four segments of a join by the client. */
    Conversation join(double millis, Flow flow, int addressId, int clientNonce, int serverNonce) {
        client(millis, flow, SYN, 0, 0, new byte[0], new MptcpOption.MpJoinSyn(false, addressId, keys.token(serverKey), clientNonce));
        server(millis + 1, flow, SYN | ACK, 0, 1, new byte[0],
                new MptcpOption.MpJoinSynAck(false, 0, keys.joinSynAckHmac(serverKey, clientKey, serverNonce, clientNonce), serverNonce));
        client(millis + 2, flow, ACK, 1, 1, new byte[0], MptcpOption.MpJoinAck.of(keys.joinAckHmac(clientKey, serverKey, clientNonce, serverNonce)));
        return server(millis + 3, flow, ACK, 1, 1, new byte[0], toServer(1));
    }

    /** DATA_ACK of the server for the client's data. */
    MptcpOption.Dss toServer(long dataAck) {
        return MptcpOption.Dss.ofAck(true, keys.idsn(clientKey) + dataAck);
    }

    /** DATA_ACK of the client for the server's data. */
    MptcpOption.Dss toClient(long dataAck) {
        return MptcpOption.Dss.ofAck(true, keys.idsn(serverKey) + dataAck);
    }

    /** A mapping of the server, with checksum. */
    MptcpOption.Dss map(long dsn, int ssn, byte[] payload, boolean dataFin) {
        int length = payload.length + (dataFin ? 1 : 0);
        long absolute = keys.idsn(serverKey) + dsn;
        long sum = Checksum.dssPseudoHeader(absolute, ssn, length) + Checksum.sum(MemorySegment.ofArray(payload), 0, payload.length);
        return MptcpOption.Dss.ofMapping(new MptcpOption.Mapping(true, absolute, ssn, length, dataFin, Checksum.complement(sum)));
    }

    static byte[] text(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + i % 26);
        }
        return bytes;
    }

    static List<Sent> story() {
        return new ArrayList<>();
    }
}
