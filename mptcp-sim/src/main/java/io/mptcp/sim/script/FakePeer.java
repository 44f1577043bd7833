package io.mptcp.sim.script;

import static io.mptcp.sim.script.Packet.packet;

import io.mptcp.stack.Keys;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The far end of one subflow, played by the test: it sends what it is told, and says of what it gets only what the test asks. It keeps
 * count of sequence numbers so that a test names only those that matter. Its own start close below 2^32, so that every test crosses the
 * wrap of the sequence space.
 */
public final class FakePeer {
    public static final int ISS = 0xffff_fff0;
    /** Its data sequence numbers wrap early, as the sequence numbers do. */
    public static final long KEY = WrapRandom.PEER_KEY;
    /** Effective MSS of full segments towards this peer over IPv4: 1500 - 40 - 12 (timestamps), and less 28 for DSS. */
    public static final int MSS = 1448;
    public static final int MPTCP_MSS = 1420;

    private static final int TS_OFFSET = 77_000;

    /** What the subflows of one MPTCP connection share. */
    public static final class Session {
        public long key = KEY;
        public long remoteKey;
        public boolean checksum;
        /** Next DSN to send, and next expected from the stack: relative, first byte = 1. */
        public long dsnNxt = 1;
        public long dataAck = 1;
    }

    public final Script script;
    public final int linkId;
    public final IpEndpoint local;
    public IpEndpoint stackEnd;
    public Session session;
    private final Keys keys = new Keys();
    private final MemorySegment memory = Arena.ofAuto().allocate(60 + 65_535);

    public boolean offersTimestamps = true;
    public boolean offersSack = true;
    public int offersWindowScale = 7;
    public int offersMss = 1460;
    /** What the stack measures during the handshake. */
    public long rttMillis;

    public long sndNxt;
    public long rcvNxt;
    private int iss = ISS;
    private int irs;
    private boolean irsKnown;
    private boolean timestampsOn;
    private int lastTsVal;
    private int lastTsEcr;

    private FakePeer(Script script, int linkId, IpEndpoint local, IpEndpoint stackEnd) {
        this.script = script;
        this.linkId = linkId;
        this.local = local;
        this.stackEnd = stackEnd;
    }

    /** A peer that will connect to the stack's listener. */
    public static FakePeer client(Script script) {
        return client(script, 0);
    }

    /** The same over another link, from an address of its own. */
    public static FakePeer client(Script script, int linkId) {
        return at(script, linkId, new IpEndpoint(script.peerAddress(linkId), script.nextPeerPort()), script.stackEnd());
    }

    /** A peer with the endpoints the test wants; {@code stackEnd} is null where the stack is to choose it. */
    public static FakePeer at(Script script, int linkId, IpEndpoint local, IpEndpoint stackEnd) {
        return new FakePeer(script, linkId, local, stackEnd);
    }

    /** The far endpoint of {@link Script#connect}. */
    public static FakePeer server(Script script) {
        return new FakePeer(script, 0, new IpEndpoint(script.peerAddress(0), 80), null);
    }

    /** Some other far endpoint the stack connects to, over link 0. */
    public static FakePeer at(Script script, IpEndpoint local) {
        return new FakePeer(script, 0, local, null);
    }

    /** The far end of a further subflow of this peer's connection over another link, opened by the peer. */
    public FakePeer joining(int overLinkId) {
        FakePeer peer = new FakePeer(script, overLinkId, new IpEndpoint(script.peerAddress(overLinkId), script.nextPeerPort()), stackEnd);
        peer.session = session;
        return peer;
    }

    /** The far end of a join the stack opens over another link, to this peer's address. */
    public FakePeer joinedOver(int overLinkId) {
        FakePeer peer = new FakePeer(script, overLinkId, local, null);
        peer.session = session;
        return peer;
    }

    /** The same 4-tuple again, a new incarnation. */
    public FakePeer again(int initialSequenceNumber) {
        FakePeer peer = new FakePeer(script, linkId, local, stackEnd);
        peer.iss = initialSequenceNumber;
        return peer;
    }

    /** A relative number of the stack's as it is on the wire. */
    public int rawNumber(long relative) {
        return irs + (int) relative;
    }

    /** What the stack sends next, as far as it has been seen, as it is on the wire. */
    public int rawRcvNxt() {
        return irs + (int) rcvNxt;
    }

    public int rawSndNxt() {
        return iss + (int) sndNxt;
    }

    // ---- handshakes ----

    public Packet syn() {
        return synOptions(packet("S").seq(0));
    }

    public Packet synAck() {
        return synOptions(packet("S.").seq(0));
    }

    private Packet synOptions(Packet syn) {
        if (offersMss > 0) {
            syn.mss(offersMss);
        }
        if (offersSack) {
            syn.sackPermitted();
        }
        if (!offersTimestamps) {
            syn.withoutTimestamps();
        }
        return syn.windowScale(offersWindowScale);
    }

    /** Connects as plain TCP. */
    public FakePeer openPlain() {
        inject(syn());
        expect().flags("S.").ack(1);
        script.advance(rttMillis);
        inject(packet("."));
        return this;
    }

    public MptcpOption.MpCapableSyn mpCapableSyn() {
        return new MptcpOption.MpCapableSyn(1, capableFlags());
    }

    private int capableFlags() {
        return session.checksum ? 0x81 : 0x01;
    }

    public FakePeer mptcp() {
        session = new Session();
        return this;
    }

    /** Connects with MP_CAPABLE; the stack is not "fully established" before a DSS follows. */
    public FakePeer openMptcp() {
        if (session == null) {
            mptcp();
        }
        inject(syn().option(mpCapableSyn()));
        learnKey(expect().flags("S.").ack(1));
        script.advance(rttMillis);
        inject(packet(".").option(mpCapableAck()));
        return this;
    }

    public void learnKey(Segment synAck) {
        MptcpOption.MpCapableSynAck option = synAck.option(MptcpOption.MpCapableSynAck.class);
        setRemoteKey(option.senderKey());
        session.checksum |= (option.flags() & 0x80) != 0;
    }

    private void setRemoteKey(long key) {
        session.remoteKey = key;
        script.trace().learnKey(key);
        script.trace().learnKey(session.key);
    }

    public MptcpOption mpCapableAck() {
        return new MptcpOption.MpCapableAck(1, capableFlags(), session.key, session.remoteKey);
    }

    /** First data with the keys; the mapping is that of the payload. */
    public MptcpOption mpCapableData(byte[] data) {
        return new MptcpOption.MpCapableData(1, capableFlags(), session.key, session.remoteKey, data.length, checksum(1, 1, data, false));
    }

    /** Takes the SYN of {@link Script#connect} and answers as plain TCP. */
    public FakePeer acceptPlain() {
        expectSyn();
        inject(synAck());
        expect().flags(".").seq(1).ack(1);
        return this;
    }

    public Segment expectSyn() {
        Segment syn = script.pollTo(local);
        if (syn == null) {
            throw script.failure("expected a SYN to " + local + ", but none was sent");
        }
        stackEnd = syn.source;
        return take(syn).flags("S");
    }

    /** Takes the SYN of {@link Script#connect} and answers with MP_CAPABLE; the third ACK with the keys is taken as well. */
    public FakePeer acceptMptcp() {
        if (session == null) {
            mptcp();
        }
        expectSyn().option(MptcpOption.MpCapableSyn.class);
        script.advance(rttMillis);
        inject(synAck().option(new MptcpOption.MpCapableSynAck(1, capableFlags(), session.key)));
        MptcpOption.MpCapableAck third = expect().flags(".").seq(1).ack(1).option(MptcpOption.MpCapableAck.class);
        setRemoteKey(third.senderKey());
        return this;
    }

    /** The data-level acknowledgment after which joins are possible. */
    public FakePeer confirm() {
        return ack();
    }

    /** Joins the stack's connection over this subflow, the four-way handshake. */
    public FakePeer openJoin(int addressId) {
        int nonce = 0x1234_5678;
        inject(syn().option(new MptcpOption.MpJoinSyn(false, addressId, keys.token(session.remoteKey), nonce)));
        MptcpOption.MpJoinSynAck answer = expect().flags("S.").option(MptcpOption.MpJoinSynAck.class);
        script.advance(rttMillis);
        inject(packet(".").option(joinAck(nonce, answer.nonce())));
        expect().flags(".").seq(1).ack(1);
        return this;
    }

    public MptcpOption joinAck(int ownNonce, int otherNonce) {
        return MptcpOption.MpJoinAck.of(keys.joinAckHmac(session.key, session.remoteKey, ownNonce, otherNonce));
    }

    /** Answers a join the stack has begun, up to the fourth ACK. */
    public FakePeer acceptJoin() {
        MptcpOption.MpJoinSyn join = expectSyn().option(MptcpOption.MpJoinSyn.class);
        script.advance(rttMillis);
        inject(synAck().option(joinSynAck(join.nonce(), 0x7654_3210)));
        expect().flags(".").option(MptcpOption.MpJoinAck.class);
        return ack();
    }

    public MptcpOption joinSynAck(int otherNonce, int ownNonce) {
        return new MptcpOption.MpJoinSynAck(false, 1, keys.joinSynAckHmac(session.key, session.remoteKey, ownNonce, otherNonce), ownNonce);
    }

    /** The token by which the stack knows the connection. */
    public int stackToken() {
        return keys.token(session.remoteKey);
    }

    // ---- data-level options ----

    public long wireDsn(long relative) {
        return keys.idsn(session.key) + relative;
    }

    public long wireDataAck(long relative) {
        return keys.idsn(session.remoteKey) + relative;
    }

    public MptcpOption.DataAck dataAck(long relative) {
        return new MptcpOption.DataAck(true, wireDataAck(relative));
    }

    public MptcpOption dssAck(long relative) {
        return new MptcpOption.Dss(dataAck(relative), null);
    }

    public MptcpOption dss(MptcpOption.Mapping mapping) {
        return new MptcpOption.Dss(dataAck(session.dataAck), mapping);
    }

    public MptcpOption.Mapping map(long dsn, long ssn, byte[] data) {
        return new MptcpOption.Mapping(true, wireDsn(dsn), (int) ssn, data.length, false, checksum(dsn, ssn, data, false));
    }

    /** A mapping of so many bytes, without checksum. */
    public MptcpOption.Mapping map(long dsn, long ssn, int length) {
        return new MptcpOption.Mapping(true, wireDsn(dsn), (int) ssn, length, false, MptcpOption.NO_CHECKSUM);
    }

    /** DATA_FIN without data. */
    public MptcpOption dataFin(long dsn) {
        return dss(new MptcpOption.Mapping(true, wireDsn(dsn), 0, 1, true, checksum(dsn, 0, new byte[0], true)));
    }

    /** DATA_FIN behind the data of the same mapping. */
    public MptcpOption dataFinBehind(long dsn, long ssn, byte[] data) {
        return dss(new MptcpOption.Mapping(true, wireDsn(dsn), (int) ssn, data.length + 1, true, checksum(dsn, ssn, data, true)));
    }

    private int checksum(long dsn, long ssn, byte[] data, boolean fin) {
        if (session == null || !session.checksum) {
            return MptcpOption.NO_CHECKSUM;
        }
        MemorySegment.copy(data, 0, memory, ValueLayout.JAVA_BYTE, 0, data.length);
        return Checksum.complement(Checksum.sum(memory, 0, data.length)
                + Checksum.dssPseudoHeader(wireDsn(dsn), (int) ssn, data.length + (fin ? 1 : 0)));
    }

    // ---- short forms of what peers mostly do ----

    public FakePeer send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends the next bytes of the stream, mapped where the connection is MPTCP. */
    public FakePeer send(byte[] data) {
        Packet segment = packet("P.").data(data);
        if (session != null) {
            segment.option(dss(map(session.dsnNxt, sndNxt, data)));
            session.dsnNxt += data.length;
        }
        inject(segment);
        return this;
    }

    /** Acknowledges everything taken so far, at both levels. */
    public FakePeer ack() {
        Packet segment = packet(".");
        if (session != null) {
            segment.option(dssAck(session.dataAck));
        }
        inject(segment);
        return this;
    }

    // ---- the wire ----

    public FakePeer inject(Packet packet) {
        return burst(packet);
    }

    /** Several segments before the stack gets to answer. */
    public FakePeer burst(Packet... packets) {
        for (Packet packet : packets) {
            script.injectHeld(linkId, local, stackEnd, encode(packet), packet.ecn);
        }
        script.drain();
        return this;
    }

    private byte[] encode(Packet packet) {
        long seq = packet.seq == null ? sndNxt : packet.seq;
        boolean syn = packet.flags.contains("S");
        boolean fin = packet.flags.contains("F");
        boolean hasAck = packet.flags.contains(".");
        long ack = packet.ack == null ? rcvNxt : packet.ack;
        OptionWriter options = new OptionWriter();
        options.begin(memory, TcpSegment.MIN_HEADER_LENGTH);
        boolean timestamps = (syn ? offersTimestamps : timestampsOn) && !packet.withoutTimestamps;
        int tsVal = packet.tsVal != null ? packet.tsVal : (int) script.millis() + TS_OFFSET;
        int tsEcr = packet.tsEcr != null ? packet.tsEcr : hasAck ? lastTsVal : 0;
        if (syn) {
            options.syn(packet.mss, packet.sackPermitted, timestamps, tsVal, tsEcr, packet.windowScale);
        } else if (timestamps) {
            options.timestamps(tsVal, tsEcr);
        }
        if (packet.sack.length > 0) {
            int count = packet.sack.length / 2;
            int[] left = new int[count];
            int[] right = new int[count];
            for (int i = 0; i < count; i++) {
                left[i] = irs + (int) packet.sack[2 * i];
                right[i] = irs + (int) packet.sack[2 * i + 1];
            }
            options.sack(left, right, count, 0);
        }
        for (MptcpOption option : packet.mptcp) {
            if (!option.writeTo(options)) {
                throw new IllegalArgumentException(option + " does not fit beside the other options");
            }
        }
        int headerLength = TcpSegment.MIN_HEADER_LENGTH + options.finish();
        MemorySegment.copy(packet.raw, 0, memory, ValueLayout.JAVA_BYTE, headerLength, packet.raw.length);
        headerLength += packet.raw.length;
        TcpSegment.encode(memory, 0, local.port(), stackEnd.port(), iss + (int) seq, hasAck ? irs + (int) ack : 0, headerLength,
                flagBits(packet.flags), packet.window == null ? 0xffff : packet.window);
        if (packet.urgentPointer >= 0) {
            TcpSegment.setUrgent(memory, 0, packet.urgentPointer);
        }
        MemorySegment.copy(packet.payload, 0, memory, ValueLayout.JAVA_BYTE, headerLength, packet.payload.length);
        sndNxt = Math.max(sndNxt, seq + packet.payload.length + (syn ? 1 : 0) + (fin ? 1 : 0));
        if (syn && hasAck && timestamps && irsKnown) {
            timestampsOn = true;
        }
        return memory.asSlice(0, headerLength + packet.payload.length).toArray(ValueLayout.JAVA_BYTE);
    }

    private static int flagBits(String letters) {
        int bits = 0;
        for (char letter : letters.toCharArray()) {
            bits |= switch (letter) {
                case 'S' -> TcpSegment.SYN;
                case 'F' -> TcpSegment.FIN;
                case 'R' -> TcpSegment.RST;
                case 'P' -> TcpSegment.PSH;
                case 'E' -> TcpSegment.ECE;
                case 'W' -> TcpSegment.CWR;
                case '.' -> TcpSegment.ACK;
                case 'U' -> TcpSegment.URG;
                default -> throw new IllegalArgumentException("no such flag: " + letter);
            };
        }
        return bits;
    }

    /** The next segment the stack has sent here. */
    public Segment expect() {
        Segment segment = poll();
        if (segment == null) {
            throw script.failure("expected a segment, but the stack has sent nothing to " + local);
        }
        return segment;
    }

    /** The next segment the stack has sent here has everything that is said of it; what is not said is not looked at. */
    public Segment expect(Packet expected) {
        return expect().matches(expected);
    }

    /** Goes on to {@code millis} since the script began: then, and not before, the next segment is sent here. */
    public Segment expectAt(long millis, Packet expected) {
        expectNothing();
        script.at(millis);
        return expect().at(millis).matches(expected);
    }

    /** The next segment the stack has sent here, or null. */
    public Segment poll() {
        Segment segment = stackEnd == null ? null : script.poll(stackEnd, local);
        return segment == null ? null : take(segment);
    }

    public void expectNothing() {
        Segment segment = poll();
        if (segment != null) {
            throw script.failure("expected nothing for " + local + ", but there came\n    " + segment);
        }
    }

    /** Takes everything sent so far and returns the last segment, null if there was none. */
    public Segment skip() {
        Segment last = null;
        for (Segment segment = poll(); segment != null; segment = poll()) {
            last = segment;
        }
        return last;
    }

    private Segment take(Segment segment) {
        TcpOptions options = segment.options;
        if (segment.has(TcpSegment.SYN)) {
            irs = segment.rawSeq;
            irsKnown = true;
            timestampsOn = segment.has(TcpSegment.ACK) && options.hasTimestamps;
        }
        if (options.hasTimestamps) {
            lastTsVal = options.tsVal;
        }
        segment.seq = rcvNxt + (segment.rawSeq - irs - (int) rcvNxt);
        segment.ack = segment.has(TcpSegment.ACK) ? sndNxt + (segment.rawAck - iss - (int) sndNxt) : 0;
        segment.sack = new long[2 * options.sackCount];
        for (int i = 0; i < options.sackCount; i++) {
            segment.sack[2 * i] = sndNxt + (options.sackLeft[i] - iss - (int) sndNxt);
            segment.sack[2 * i + 1] = sndNxt + (options.sackRight[i] - iss - (int) sndNxt);
        }
        takeData(segment);
        long length = segment.payload.length + (segment.has(TcpSegment.SYN) ? 1 : 0) + (segment.has(TcpSegment.FIN) ? 1 : 0);
        if (segment.seq <= rcvNxt && !segment.has(TcpSegment.RST)) {
            rcvNxt = Math.max(rcvNxt, segment.seq + length);
        }
        return segment;
    }

    private void takeData(Segment segment) {
        if (session == null) {
            return;
        }
        for (MptcpOption option : segment.mptcp) {
            if (option instanceof MptcpOption.Dss dss) {
                if (dss.ack() != null) {
                    segment.dataAck = dss.ack().dataAck() - keys.idsn(session.key);
                }
                if (dss.mapping() != null) {
                    segment.dsn = dss.mapping().dsn() - keys.idsn(session.remoteKey);
                    long ssn = Integer.toUnsignedLong(dss.mapping().ssn());
                    long start = segment.payload.length == 0 ? segment.dsn : segment.dsn + (segment.seq - ssn);
                    received(start, segment.payload.length + (dss.mapping().dataFin() ? 1 : 0));
                }
            } else if (option instanceof MptcpOption.MpCapableData) {
                segment.dsn = 1;
                received(segment.seq, segment.payload.length);
            }
        }
    }

    private void received(long dsn, int length) {
        if (dsn <= session.dataAck) {
            session.dataAck = Math.max(session.dataAck, dsn + length);
        }
    }
}
