package io.mptcp.tun.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
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

    @Test
    void anErrorHasTheValueOfItsCode() throws Exception {
        assertEquals("010222631e010001", message(ErrorTlv.of(ConvertError.UNSUPPORTED_VERSION)));
        assertEquals("010322631e02211e" + "08000000", message(ErrorTlv.unsupportedOptions(new byte[] {30, 8})));
        assertEquals("010222631e014005", message(ErrorTlv.delay(ConvertError.RESOURCE_EXCEEDED, 5)));
        assertEquals("010222631e01610d", message(ErrorTlv.unreachable(13)));
        assertEquals("010422631e030300" + "c0".repeat(7) + "00", message(ErrorTlv.missingCookie(ByteBufUtil.decodeHexDump("c0".repeat(7)))));
        // The largest message there may be comes back but for its end, where it was in words of 32 bits.
        byte[] large = new byte[ConvertMessage.MAX_BYTES];
        large[0] = 1;
        String echo = message(ErrorTlv.echo(ConvertError.MALFORMED_MESSAGE, large));
        assertEquals(2 * ConvertMessage.MAX_BYTES, echo.length());
        assertEquals("01ff22631efe010001", echo.substring(0, 18));
    }

    @Test
    void whatAnErrorSaysIsRead() throws Exception {
        assertEquals(5, ErrorTlv.delaySeconds(ErrorTlv.delay(ConvertError.RESOURCE_EXCEEDED, 5)));
        assertEquals(200, ErrorTlv.delaySeconds(ErrorTlv.delay(ConvertError.NETWORK_FAILURE, 200)));
        assertEquals(30, ErrorTlv.delaySeconds(ErrorTlv.of(ConvertError.RESOURCE_EXCEEDED)), "section 6.2.8: at least");
        assertEquals(0, ErrorTlv.delaySeconds(ErrorTlv.unreachable(3)));
        assertEquals("c00c1e00", ByteBufUtil.hexDump(ErrorTlv.cookie(ErrorTlv.missingCookie(new byte[] {(byte) 0xc0, 0x0c, 0x1e, 0}))));
        assertNull(ErrorTlv.cookie(ErrorTlv.of(ConvertError.MISSING_COOKIE)));
        assertNull(ErrorTlv.cookie(ErrorTlv.of(ConvertError.NOT_AUTHORIZED)));
    }

    private static String message(Tlv tlv) {
        ByteBuf out = Unpooled.buffer();
        ConvertMessage.of(tlv).write(out);
        return ByteBufUtil.hexDump(out);
    }

    /** Sections 7.1 to 7.3: end of list, NOP, MSS, window scale, SACK blocks. */
    @Test
    void optionsThatMeanNothingHereAreIgnored() throws Exception {
        String ignored = "01" + "020405b4" + "01" + "030307" + "050a0000000100000002" + "00";
        assertEquals(REMOTE, ConnectTlv.remote(new Tlv(Tlv.CONNECT, ByteBufUtil.decodeHexDump(CONNECT.substring(12) + ignored))));
        List<ConnectTlv.Option> options = ConnectTlv.request(new Tlv(Tlv.CONNECT, ByteBufUtil.decodeHexDump(CONNECT.substring(12) + ignored + "0402" + "2204c0de" + "0000"))).options();
        assertEquals(List.of(4, 34), options.stream().map(ConnectTlv.Option::kind).toList());
        assertEquals("c0de", ByteBufUtil.hexDump(options.getLast().value()));
        assertEquals(ConvertError.MALFORMED_MESSAGE,
                assertThrows(ConvertException.class, () -> ConnectTlv.request(new Tlv(Tlv.CONNECT, ByteBufUtil.decodeHexDump(CONNECT.substring(12) + "1e04")))).error());
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
