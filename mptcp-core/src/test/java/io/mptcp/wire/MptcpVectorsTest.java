package io.mptcp.wire;

import static io.mptcp.wire.MptcpOption.NO_CHECKSUM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.AddAddrEcho;
import io.mptcp.wire.MptcpOption.DataAck;
import io.mptcp.wire.MptcpOption.Dss;
import io.mptcp.wire.MptcpOption.Mapping;
import io.mptcp.wire.MptcpOption.MpCapableAck;
import io.mptcp.wire.MptcpOption.MpCapableData;
import io.mptcp.wire.MptcpOption.MpCapableSyn;
import io.mptcp.wire.MptcpOption.MpCapableSynAck;
import io.mptcp.wire.MptcpOption.MpFail;
import io.mptcp.wire.MptcpOption.MpFastclose;
import io.mptcp.wire.MptcpOption.MpJoinAck;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpJoinSynAck;
import io.mptcp.wire.MptcpOption.MpPrio;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption.RemoveAddr;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Known bytes of every option form, both ways, with the text each has in a trace. */
class MptcpVectorsTest {
    private static final int SYN = TcpSegment.SYN;
    private static final int SYN_ACK = TcpSegment.SYN | TcpSegment.ACK;
    private static final int ACK = TcpSegment.ACK;
    private static final int RST = TcpSegment.RST | TcpSegment.ACK;

    private static final long KEY_A = 0x0102030405060708L;
    private static final long KEY_B = 0x1112131415161718L;
    private static final long DSN = 0xf5a101d3d29d6f73L;
    private static final long DATA_ACK = 0x535beea38e087c8fL;

    static Stream<Arguments> handshakes() {
        return Stream.of(
                vector(SYN, 0, "1e040101", new MpCapableSyn(1, 0x01), "MP_CAPABLE v1 flags H"),
                vector(SYN, 0, "1e040181", new MpCapableSyn(1, 0x81), "MP_CAPABLE v1 flags AH"),
                vector(SYN, 0, "1e040121", new MpCapableSyn(1, 0x21), "MP_CAPABLE v1 flags CH"),
                vector(SYN_ACK, 0, "1e0c01011112131415161718", new MpCapableSynAck(1, 1, KEY_B),
                        "MP_CAPABLE v1 flags H sender 1112131415161718"),
                vector(ACK, 0, "1e14010101020304050607081112131415161718", new MpCapableAck(1, 1, KEY_A, KEY_B),
                        "MP_CAPABLE v1 flags H sender 0102030405060708 receiver 1112131415161718"),
                vector(ACK, 13, "1e16010101020304050607081112131415161718000d", new MpCapableData(1, 1, KEY_A, KEY_B, 13, NO_CHECKSUM),
                        "MP_CAPABLE v1 flags H sender 0102030405060708 receiver 1112131415161718 length 13"),
                vector(ACK, 13, "1e18018101020304050607081112131415161718000dcd7b",
                        new MpCapableData(1, 0x81, KEY_A, KEY_B, 13, 0xcd7b),
                        "MP_CAPABLE v1 flags AH sender 0102030405060708 receiver 1112131415161718 length 13 checksum cd7b"),
                vector(SYN, 0, "1e0c1102ccad45aca1a2a3a4", new MpJoinSyn(true, 2, 0xccad45ac, 0xa1a2a3a4),
                        "MP_JOIN id 2 backup token ccad45ac nonce a1a2a3a4"),
                vector(SYN_ACK, 0, "1e101000864b40428762fd06b1b2b3b4", new MpJoinSynAck(false, 0, 0x864b40428762fd06L, 0xb1b2b3b4),
                        "MP_JOIN id 0 hmac 864b40428762fd06 nonce b1b2b3b4"),
                vector(ACK, 0, "1e18100053037f2899475529844115fd07e665d23d3554fb",
                        new MpJoinAck(0x53037f2899475529L, 0x844115fd07e665d2L, 0x3d3554fb),
                        "MP_JOIN hmac 53037f2899475529844115fd07e665d23d3554fb"));
    }

    static Stream<Arguments> addresses() {
        IpAddress v4 = IpAddress.parse("192.0.2.10");
        IpAddress v6 = IpAddress.parse("2001:db8::a");
        return Stream.of(
                vector(ACK, 0, "1e103002c000020ab4f807b46d263ed8", new AddAddr(2, v4, 0, 0xb4f807b46d263ed8L),
                        "ADD_ADDR id 2 192.0.2.10 hmac b4f807b46d263ed8"),
                vector(ACK, 0, "1e123002c000020a1f90c59ca02bc85903d6", new AddAddr(2, v4, 8080, 0xc59ca02bc85903d6L),
                        "ADD_ADDR id 2 192.0.2.10:8080 hmac c59ca02bc85903d6"),
                vector(ACK, 0, "1e1c300320010db800000000000000000000000a2b5fa17f29909ace", new AddAddr(3, v6, 0, 0x2b5fa17f29909aceL),
                        "ADD_ADDR id 3 2001:db8::a hmac 2b5fa17f29909ace"),
                vector(ACK, 0, "1e1e300320010db800000000000000000000000a01bb683c551af6c4b2ad",
                        new AddAddr(3, v6, 443, 0x683c551af6c4b2adL), "ADD_ADDR id 3 [2001:db8::a]:443 hmac 683c551af6c4b2ad"),
                vector(ACK, 0, "1e083102c000020a", new AddAddrEcho(2, v4, 0), "ADD_ADDR echo id 2 192.0.2.10"),
                vector(ACK, 0, "1e0a3102c000020a1f90", new AddAddrEcho(2, v4, 8080), "ADD_ADDR echo id 2 192.0.2.10:8080"),
                vector(ACK, 0, "1e14310320010db800000000000000000000000a", new AddAddrEcho(3, v6, 0), "ADD_ADDR echo id 3 2001:db8::a"),
                vector(ACK, 0, "1e16310320010db800000000000000000000000a01bb", new AddAddrEcho(3, v6, 443),
                        "ADD_ADDR echo id 3 [2001:db8::a]:443"),
                vector(ACK, 0, "1e044002", new RemoveAddr(List.of(2)), "REMOVE_ADDR id 2"),
                vector(ACK, 0, "1e0640020309", new RemoveAddr(List.of(2, 3, 9)), "REMOVE_ADDR id 2,3,9"));
    }

    static Stream<Arguments> dataSequence() {
        DataAck ack4 = new DataAck(false, DATA_ACK & 0xffffffffL);
        DataAck ack8 = new DataAck(true, DATA_ACK);
        Mapping map4 = new Mapping(false, DSN & 0xffffffffL, 1, 13, false, NO_CHECKSUM);
        Mapping map8 = new Mapping(true, DSN, 1, 13, false, NO_CHECKSUM);
        Mapping summed = new Mapping(true, DSN, 1, 13, false, 0xcd7b);
        return Stream.of(
                vector(ACK, 0, "1e0820018e087c8f", new Dss(ack4, null), "DSS ack 8e087c8f"),
                vector(ACK, 0, "1e0c2003535beea38e087c8f", new Dss(ack8, null), "DSS ack 535beea38e087c8f"),
                vector(ACK, 13, "1e0e2004d29d6f7300000001000d", new Dss(null, map4), "DSS dsn d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e12200cf5a101d3d29d6f7300000001000d", new Dss(null, map8), "DSS dsn f5a101d3d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e1220058e087c8fd29d6f7300000001000d", new Dss(ack4, map4),
                        "DSS ack 8e087c8f dsn d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e162007535beea38e087c8fd29d6f7300000001000d", new Dss(ack8, map4),
                        "DSS ack 535beea38e087c8f dsn d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e16200d8e087c8ff5a101d3d29d6f7300000001000d", new Dss(ack4, map8),
                        "DSS ack 8e087c8f dsn f5a101d3d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e1a200f535beea38e087c8ff5a101d3d29d6f7300000001000d", new Dss(ack8, map8),
                        "DSS ack 535beea38e087c8f dsn f5a101d3d29d6f73 ssn 1 length 13"),
                vector(ACK, 13, "1e1c200f535beea38e087c8ff5a101d3d29d6f7300000001000dcd7b", new Dss(ack8, summed),
                        "DSS ack 535beea38e087c8f dsn f5a101d3d29d6f73 ssn 1 length 13 checksum cd7b"),
                vector(ACK, 0, "1e1a201f535beea38e087c8ff5a101d3d29d6f80000000000001",
                        new Dss(ack8, new Mapping(true, 0xf5a101d3d29d6f80L, 0, 1, true, NO_CHECKSUM)),
                        "DSS ack 535beea38e087c8f dsn f5a101d3d29d6f80 ssn 0 length 1 fin"),
                vector(ACK, 0, "1e14201cf5a101d3d29d6f80000000000001c66b",
                        new Dss(null, new Mapping(true, 0xf5a101d3d29d6f80L, 0, 1, true, 0xc66b)),
                        "DSS dsn f5a101d3d29d6f80 ssn 0 length 1 fin checksum c66b"),
                vector(ACK, 9, "1e12200cf5a101d3d29d6f73000000010000", new Dss(null, new Mapping(true, DSN, 1, 0, false, NO_CHECKSUM)),
                        "DSS dsn f5a101d3d29d6f73 ssn 1 length 0 infinite"),
                vector(ACK, 9, "1e14200cf5a101d3d29d6f730000000100000000", new Dss(null, new Mapping(true, DSN, 1, 0, false, 0)),
                        "DSS dsn f5a101d3d29d6f73 ssn 1 length 0 infinite checksum 0000"));
    }

    static Stream<Arguments> others() {
        return Stream.of(
                vector(ACK, 0, "1e0351", new MpPrio(true), "MP_PRIO backup"),
                vector(ACK, 0, "1e0350", new MpPrio(false), "MP_PRIO regular"),
                vector(ACK, 0, "1e0c6000f5a101d3d29d6f73", new MpFail(DSN), "MP_FAIL dsn f5a101d3d29d6f73"),
                vector(ACK, 0, "1e0c70001112131415161718", new MpFastclose(KEY_B), "MP_FASTCLOSE key 1112131415161718"),
                vector(RST, 0, "1e048106", new MpTcpRst(6, true), "MP_TCPRST reason 6 (middlebox interference) transient"),
                vector(RST, 0, "1e048001", new MpTcpRst(1, false), "MP_TCPRST reason 1 (MPTCP-specific)"),
                vector(RST, 0, "1e0480c8", new MpTcpRst(200, false), "MP_TCPRST reason 200 (unspecified)"));
    }

    private static Arguments vector(int flags, int payloadLength, String hex, MptcpOption option, String text) {
        return Arguments.of(flags, payloadLength, hex, option, text);
    }

    @ParameterizedTest(name = "{4}")
    @MethodSource({"handshakes", "addresses", "dataSequence", "others"})
    void bytesAndFieldsAgreeBothWays(int flags, int payloadLength, String hex, MptcpOption option, String text) {
        assertEquals(List.of(option), MptcpOption.decode(Segments.header(flags, Segments.hex(hex)), 0, payloadLength));
        assertEquals(hex, Segments.hex(Segments.unpadded(option)));
        assertEquals(text, option.toString());
    }
}
