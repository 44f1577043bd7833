package io.mptcp.cli.dump;

import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A TCP segment of the capture, decoded as far as it goes without knowing its connection. Reused for the next. */
final class Segment {
    /** Number of the record in the file, from 1. */
    long number;
    /** Nanoseconds since 1970. */
    long timeNanos;
    IpEndpoint source;
    IpEndpoint destination;
    /** IPv4 identification, 0 for IPv6. */
    int identification;
    /** As {@link LinkLayer#origin}. */
    int origin;
    /** It came inside a UDP datagram (docs/udp-encapsulation.md). */
    boolean encapsulated;

    int sequenceNumber;
    int acknowledgmentNumber;
    int flags;
    int window;
    /** Payload bytes on the wire. */
    int payloadLength;
    /** Payload bytes in the file. */
    int capturedPayloadLength;
    /** Options are missing because the capture holds only the beginning of the packet. */
    boolean optionsCut;
    MemorySegment buffer;
    long payloadOffset;
    final TcpOptions options = new TcpOptions();
    /** What is wrong with MPTCP options, one line each. */
    List<String> faults = List.of();

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** SYN without ACK. */
    boolean isSyn() {
        return has(TcpSegment.SYN) && !has(TcpSegment.ACK);
    }

    boolean isSynAck() {
        return has(TcpSegment.SYN) && has(TcpSegment.ACK);
    }

    boolean hasMptcp() {
        return options.mptcp.present != 0 || !faults.isEmpty();
    }
}
