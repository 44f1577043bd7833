package io.mptcp.tun.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The formats of RFC 8803 sections 6 and 7. */
class ConvertMessageTest {
    private static final IpEndpoint REMOTE = new IpEndpoint(IpAddress.parse("192.0.2.1"), 80);
    private static final String CONNECT = "01062263" + "0a050050" + "00000000000000000000ffffc0000201";

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }

    private static ConvertMessage read(String hex) throws ConvertException {
        return ConvertMessage.read(bytes(hex));
    }

    @Test
    void aConnectToAnIpv4AddressIsTheseBytes() throws Exception {
        ByteBuf out = Unpooled.buffer();
        ConvertMessage.of(ConnectTlv.of(REMOTE)).write(out);
        assertEquals(CONNECT, ByteBufUtil.hexDump(out));
        assertEquals(REMOTE, ConnectTlv.remote(ConvertMessage.read(out).find(Tlv.CONNECT)));
    }

    @Test
    void aMessageIsTakenWhenItIsWholeAndWhatFollowsStays() throws Exception {
        ByteBuf in = bytes(CONNECT + "c0ffee");
        for (int length = 0; length < CONNECT.length() / 2; length++) {
            ByteBuf part = in.slice(0, length);
            assertNull(ConvertMessage.read(part));
            assertEquals(length, part.readableBytes());
        }
        ConvertMessage.read(in);
        assertEquals("c0ffee", ByteBufUtil.hexDump(in));
    }

    @ParameterizedTest
    @CsvSource({
        "02062263, UNSUPPORTED_VERSION",
        "47, UNSUPPORTED_VERSION", // the G of GET
        "01002263, MALFORMED_MESSAGE", // no length
        "01012263, MALFORMED_MESSAGE", // no TLV
        "01062264, MALFORMED_MESSAGE", // another magic number
        "0102226300010000, UNSUPPORTED_MESSAGE", // type 0
        "010222630a000000, MALFORMED_MESSAGE", // a TLV without length
        "010222630a020000, MALFORMED_MESSAGE", // longer than the message
        "010322630101000001010000, MALFORMED_MESSAGE", // a type twice
    })
    void whatIsNoMessageIsRefusedWithItsCode(String hex, ConvertError error) {
        assertEquals(error, assertThrows(ConvertException.class, () -> read(hex)).error());
    }

    @ParameterizedTest
    @CsvSource({
        "0050, 0000000000000000000000000000, MALFORMED_MESSAGE", // short
        "0000, 00000000000000000000ffffc0000201, MALFORMED_MESSAGE", // no port
        "0050, 00000000000000000000ffff7f000001, MALFORMED_MESSAGE", // loopback
        "0050, 00000000000000000000ffffe0000001, MALFORMED_MESSAGE", // multicast
        "0050, 00000000000000000000ffffffffffff, MALFORMED_MESSAGE", // broadcast
        "0050, 00000000000000000000ffff00000000, MALFORMED_MESSAGE", // nobody
        "0050, ff020000000000000000000000000001, MALFORMED_MESSAGE",
        "0050, 00000000000000000000000000000001, MALFORMED_MESSAGE",
        "0050, 00000000000000000000ffffc00002011e020000, UNSUPPORTED_TCP_OPTION",
    })
    void destinationsThatAreNoneAreRefused(String port, String address, ConvertError error) {
        Tlv connect = new Tlv(Tlv.CONNECT, ByteBufUtil.decodeHexDump(port + address));
        assertEquals(error, assertThrows(ConvertException.class, () -> ConnectTlv.remote(connect)).error());
    }

    @Test
    void anErrorTellsItsCode() throws Exception {
        ByteBuf out = Unpooled.buffer();
        ConvertMessage.error(ConvertError.NOT_AUTHORIZED).write(out);
        assertEquals("010222631e012000", ByteBufUtil.hexDump(out));
        assertEquals(ConvertError.NOT_AUTHORIZED, ConvertMessage.read(out).error());
        assertEquals(ConvertError.NETWORK_FAILURE, read("010222631e01ff00").error());
        assertNull(read(CONNECT).error());
    }

    /** Whatever comes: a message, an exception of this kind, or the wish for more. */
    @Test
    void randomBytesDoNoHarm() {
        SplittableRandom random = new SplittableRandom(8803);
        for (int run = 0; run < 100_000; run++) {
            byte[] some = new byte[random.nextInt(64)];
            random.nextBytes(some);
            if (some.length > 4 && random.nextBoolean()) {
                System.arraycopy(new byte[] {1, (byte) random.nextInt(2, 16), 0x22, 0x63}, 0, some, 0, 4);
            }
            try {
                ConvertMessage message = ConvertMessage.read(Unpooled.wrappedBuffer(some));
                if (message != null && message.find(Tlv.COOKIE) != null) {
                    Proof.of(message.find(Tlv.COOKIE));
                }
                if (message != null && message.find(Tlv.CONNECT) != null) {
                    ConnectTlv.remote(message.find(Tlv.CONNECT));
                }
            } catch (ConvertException _) {
                // as it should be
            }
        }
    }

    /** Behind a load balancer the relay has another address than the one a client connects to. */
    @Test
    void anAnswerAboutDatagramsMayNameTheRelaysOwnAddress() throws ConvertException {
        for (IpAddress address : new IpAddress[] {null, IpAddress.parse("203.0.113.11"), IpAddress.parse("2001:db8::11")}) {
            ByteBuf written = Unpooled.buffer();
            ConvertMessage.of(DatagramsTlv.answer(0x0102030405060708L, 443, address)).write(written);
            DatagramsTlv.Answer answer = DatagramsTlv.read(ConvertMessage.read(written).find(Tlv.DATAGRAMS));
            assertEquals(new DatagramsTlv.Answer(0x0102030405060708L, 443, address), answer);
        }
    }
}
