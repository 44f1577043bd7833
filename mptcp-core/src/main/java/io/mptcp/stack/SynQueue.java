package io.mptcp.stack;

import static io.mptcp.wire.TcpSegment.ACK;
import static io.mptcp.wire.TcpSegment.RST;
import static io.mptcp.wire.TcpSegment.SYN;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.Tcb;
import io.mptcp.tcp.TcpPath;
import io.mptcp.wire.IcmpMessage;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.PathError;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayDeque;

/**
 * Connections in SYN-RECEIVED that came from a listener: their SYN/ACKs, repeated with back-off, and what arrives for them before the
 * third ACK (RFC 9293 section 3.10.7.4). The connection itself is made when that ACK is there.
 */
final class SynQueue {
    /** What to do with a segment for a request. */
    enum Verdict {
        /** It has been dealt with. */
        DONE,
        /** It completes the handshake. */
        COMPLETE,
        /** It acknowledges what was never sent: a RST is due (RFC 9293 section 3.10.7.4, fifth step). */
        FOREIGN_ACK
    }

    static final int MP_CAPABLE_SYN_ACK_BYTES = 12;
    private static final long NANOS_PER_MILLI = 1_000_000L;
    /** RFC 6298 (2.1). */
    private static final long INITIAL_RTO_NANOS = 1_000_000_000L;
    /** Acknowledgments of segments that do not fit are at least so far apart (Linux: tcp_invalid_ratelimit). */
    private static final long CHALLENGE_INTERVAL_NANOS = 500_000_000L;

    private final Stack stack;
    private final ReplyQueue replies;
    private final FlowTable<SynRequest> requests;
    private final TokenTable<SynRequest> tokens = new TokenTable<>();
    private final ArrayDeque<SynRequest> due = new ArrayDeque<>();
    /** Due on links that are not writable. */
    private final ArrayDeque<SynRequest> blocked = new ArrayDeque<>();
    private final OptionWriter options = new OptionWriter();

    SynQueue(Stack stack, ReplyQueue replies, long seed) {
        this.stack = stack;
        this.replies = replies;
        requests = new FlowTable<>(seed);
    }

    int size() {
        return requests.size();
    }

    SynRequest get(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        return requests.get(localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
    }

    boolean hasToken(int token) {
        return tokens.contains(token);
    }

    /** Takes a SYN; the SYN/ACK leaves with the next transmit. */
    void add(SynRequest request) {
        requests.put(request);
        request.listener.halfOpen++;
        if (request.mptcp) {
            tokens.put(request.localToken, request);
        }
        answer(request);
        stack.schedule(request, stack.nowNanos() + rtoNanos(request)); // also where its link takes nothing
    }

    void remove(SynRequest request) {
        if (!requests.remove(request)) {
            return;
        }
        request.listener.halfOpen--;
        if (request.synAckDue) {
            request.synAckDue = false;
            blocked.remove(request);
        }
        if (request.mptcp) {
            tokens.remove(request.localToken);
        }
        stack.schedule(request, Long.MAX_VALUE);
    }

    // ---- what arrives ----

    /** @return COMPLETE leaves the request where it is: it may still turn out that the connection cannot be had now */
    Verdict receive(long nowNanos, PacketSlot in, IncomingSegment segment, SynRequest request) {
        if (request.hasTimestamps && !segment.has(RST)) {
            if (!segment.options.hasTimestamps && request.tcpConfig.strictTimestamps()) {
                return Verdict.DONE; // RFC 7323 section 3.2
            }
            if (segment.options.hasTimestamps && segment.options.tsVal - request.tsRecent < 0) {
                challenge(nowNanos, in, request);
                return Verdict.DONE;
            }
        }
        int offset = segment.sequenceNumber - (request.irs + 1);
        if (segment.has(SYN) && offset == -1 && !segment.has(RST | ACK)) {
            request.ecn &= segment.asksForEcn();
            answer(request); // the SYN again: our SYN/ACK was lost
            return Verdict.DONE;
        }
        if (!isAcceptable(request, segment, offset)) {
            if (!segment.has(RST)) {
                challenge(nowNanos, in, request);
            }
            return Verdict.DONE;
        }
        if (segment.has(RST)) {
            if (offset == 0) {
                remove(request); // back to LISTEN, and nobody is told
            } else {
                challenge(nowNanos, in, request); // RFC 5961 section 3.2
            }
            return Verdict.DONE;
        }
        if (segment.has(SYN)) {
            challenge(nowNanos, in, request); // RFC 5961 section 4.2
            return Verdict.DONE;
        }
        if (!segment.has(ACK)) {
            return Verdict.DONE;
        }
        if (segment.acknowledgmentNumber != request.iss + 1) {
            return Verdict.FOREIGN_ACK;
        }
        if (request.mptcp && Handshake.overtookThirdAck(segment.options.mptcp, offset)) {
            return Verdict.DONE;
        }
        return Verdict.COMPLETE;
    }

    /**
     * An ICMP error quotes a segment to the peer of a request.
     *
     * @return false when that is not our SYN/ACK: somebody guesses
     */
    boolean receiveIcmp(SynRequest request, IcmpMessage icmp) {
        if (icmp.sequenceNumber != request.iss) {
            return false;
        }
        if (icmp.error != PathError.PACKET_TOO_BIG && request.tcpConfig.isFatal(icmp.error)) {
            remove(request); // nobody has heard of it yet
            stack.count(Counter.ListenDrops);
        }
        return true;
    }

    private boolean isAcceptable(SynRequest request, IncomingSegment segment, int offset) {
        long windowBytes = windowField(request);
        return offset + segment.sequenceLength() >= 0 && offset <= windowBytes;
    }

    /** Answers what does not fit with an ACK, at a limited rate. */
    private void challenge(long nowNanos, PacketSlot in, SynRequest request) {
        if (request.lastChallengeNanos != SynRequest.NEVER_NANOS && nowNanos - request.lastChallengeNanos < CHALLENGE_INTERVAL_NANOS) {
            return;
        }
        OptionWriter writer = replies.begin(in, request.listener.options().socket());
        if (writer == null) {
            return;
        }
        request.lastChallengeNanos = nowNanos;
        if (request.hasTimestamps) {
            writer.timestamps(Tcb.tsNow(nowNanos, request.tsOffset), request.tsRecent);
        }
        replies.finish(request.iss + 1, request.irs + 1, ACK, windowField(request) >> windowShift(request));
    }

    // ---- SYN/ACKs ----

    private void answer(SynRequest request) {
        if (!request.synAckDue) {
            request.synAckDue = true;
            due.add(request);
        }
    }

    /** The retransmission timer of a request. */
    void expire(SynRequest request) {
        if (request.retransmissions >= request.tcpConfig.synAckRetries()) {
            remove(request);
            return;
        }
        request.retransmissions++;
        stack.count(Counter.TCPTimeouts);
        answer(request);
        stack.schedule(request, stack.nowNanos() + rtoNanos(request));
    }

    private static long rtoNanos(SynRequest request) {
        return Math.min(INITIAL_RTO_NANOS << Math.min(request.retransmissions, 20), request.tcpConfig.maxRtoMillis() * NANOS_PER_MILLI);
    }

    void onLinkWritable() {
        due.addAll(blocked);
        blocked.clear();
    }

    boolean transmit(long nowNanos, PacketSlot out) {
        while (!due.isEmpty()) {
            SynRequest request = due.poll();
            if (!request.synAckDue) {
                continue;
            }
            if (!stack.isLinkWritable(request.linkId)) {
                blocked.add(request);
                continue;
            }
            request.synAckDue = false;
            transmitSynAck(nowNanos, out, request);
            return true;
        }
        return false;
    }

    private void transmitSynAck(long nowNanos, PacketSlot out, SynRequest request) {
        out.clearPayloadReference();
        out.linkId = request.linkId;
        out.sourceHi = request.localHi();
        out.sourceLo = request.localLo();
        out.destinationHi = request.remoteHi();
        out.destinationLo = request.remoteLo();
        out.protocol = IpHeaders.PROTOCOL_TCP;
        out.trafficClass = request.listener.options().socket().trafficClass();
        out.hopLimit = request.listener.options().socket().hopLimit();
        out.ecn = 0;
        out.segmentSize = 0;
        out.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
        options.begin(out.buffer, out.offset + TcpSegment.MIN_HEADER_LENGTH);
        writeOptions(options, request, Tcb.tsNow(nowNanos, request.tsOffset));
        out.length = TcpSegment.MIN_HEADER_LENGTH + options.finish();
        TcpSegment.encode(out.buffer, out.offset, request.localPort(), request.remotePort(), request.iss, request.irs + 1, out.length, synAckFlags(request),
                windowField(request));
        request.sentNanos = nowNanos;
    }

    /** Sends the SYN/ACK of a request that is not kept. */
    void answerStateless(PacketSlot in, SynRequest request, int tsVal) {
        OptionWriter writer = replies.begin(in, request.listener.options().socket());
        if (writer != null) {
            writeOptions(writer, request, tsVal);
            replies.finish(request.iss, request.irs + 1, synAckFlags(request), windowField(request));
        }
    }

    private static int synAckFlags(SynRequest request) {
        return request.ecn ? SYN | ACK | TcpSegment.ECE : SYN | ACK;
    }

    private void writeOptions(OptionWriter writer, SynRequest request, int tsVal) {
        int mssBytes = TcpPath.announcedMssBytes(stack.linkProperties(request.linkId).mtuBytes(), request.key.isIpv4(),
                request.listener.options().socket());
        writer.syn(mssBytes, request.sackPermitted && request.tcpConfig.sack(), request.hasTimestamps, tsVal, request.tsRecent,
                request.windowScale < 0 ? -1 : request.tcpConfig.windowShift());
        if (request.fastOpenCookie != null) {
            FastOpenCookies.write(writer, request.fastOpenCookie, request.fastOpenExperimental, request.mptcp ? MP_CAPABLE_SYN_ACK_BYTES : 0);
        }
        if (request.mptcp) {
            boolean checksum = request.listener.options().asksForChecksum(stack.config())
                    || (request.mpCapableFlags & MptcpOptions.FLAG_CHECKSUM) != 0;
            writer.mpCapableSynAck(Handshake.VERSION, Handshake.flags(stack.config(), checksum), request.localKey);
        }
    }

    /** What applies to segments that are no SYN (RFC 7323 section 2.2). */
    private int windowShift(SynRequest request) {
        return request.windowScale < 0 ? 0 : request.tcpConfig.windowShift();
    }

    private int windowField(SynRequest request) {
        return DataReceiver.initialWindowBytes(request.tcpConfig.receiveBufferBytes(), request.listener.options().socket().receiveBufferBytes());
    }
}
