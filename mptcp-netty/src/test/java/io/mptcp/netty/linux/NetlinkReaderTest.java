package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NetlinkReaderTest {
    private static final IpAddress ADDRESS = IpAddress.parse("fd01::7");

    private static NetlinkRequest twoMessages() {
        NetlinkRequest request = new NetlinkRequest().clear();
        request.begin(28, NetlinkRequest.NLM_F_ACK).put8(10).zero(3).put32(77).put16(Neighbour.STALE).zero(2)
                .attribute(1, ADDRESS).attribute(2, new byte[] {2, 0, 0, 0, 0, 9});
        request.begin(16, 0).zero(4).put32(5).put32(0x10043).zero(4).attribute(3, "p1").attribute(4, 1500);
        int nest = request.beginNest(8);
        return request.attribute(2, 1400).endNest(nest);
    }

    private static NetlinkReader reader(MemorySegment messages) {
        NetlinkReader reader = new NetlinkReader(messages);
        reader.reset((int) messages.byteSize());
        return reader;
    }

    @Test
    void whatWasWrittenIsRead() {
        NetlinkReader reader = reader(twoMessages().messages());
        assertTrue(reader.nextMessage());
        assertEquals(28, reader.type());
        assertEquals(1, reader.sequence());
        assertEquals(new Neighbour(77, ADDRESS, Neighbour.STALE, 0x020000000009L), RouteMessages.neighbour(reader));
        assertTrue(reader.nextMessage());
        assertEquals(2, reader.sequence());
        LinkInfo link = RouteMessages.link(reader);
        assertEquals(new LinkInfo(5, "p1", 0, 0x10043, 1500, -1), link);
        assertTrue(link.isUp());
        NetlinkReader.Attributes attributes = reader.attributes(16);
        assertTrue(attributes.next() && attributes.next() && attributes.next());
        assertEquals(8, attributes.type(), "without the bit that says it is nested");
        NetlinkReader.Attributes nested = attributes.nested();
        assertTrue(nested.next());
        assertEquals(1400, nested.as32());
        assertFalse(nested.next());
        assertFalse(attributes.next());
        assertFalse(reader.nextMessage());
    }

    @Test
    void aCutMessageIsNotRead() {
        MemorySegment messages = twoMessages().messages();
        int whole = (int) messages.byteSize();
        for (int length = 0; length < whole; length++) {
            NetlinkReader reader = new NetlinkReader(messages);
            reader.reset(length);
            int count = 0;
            while (reader.nextMessage()) {
                count++;
            }
            assertEquals(length < 16 + 12 + 20 + 12 ? 0 : 1, count, "of " + length + " bytes");
        }
    }

    @Test
    void aValueOfTheWrongLengthReadsAsNothing() {
        NetlinkRequest request = new NetlinkRequest().clear();
        request.begin(24, 0).zero(12).attribute(4, new byte[] {1, 2, 3}).attribute(5, new byte[] {1, 2, 3, 4, 5});
        NetlinkReader reader = reader(request.messages());
        assertTrue(reader.nextMessage());
        assertEquals(0, reader.body32(100));
        NetlinkReader.Attributes attributes = reader.attributes(12);
        assertTrue(attributes.next());
        assertEquals(0, attributes.as32());
        assertArrayEquals(new byte[] {1, 2, 3}, attributes.asBytes());
        assertTrue(attributes.next());
        assertNull(attributes.asAddress());
        assertEquals(-1, attributes.asMac());
    }

    @Test
    void damageNeverLeadsOutOfTheMessage() {
        Random random = new Random(3);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = twoMessages().messages().toArray(ValueLayout.JAVA_BYTE);
            for (int i = random.nextInt(6); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            NetlinkReader reader = reader(MemorySegment.ofArray(bytes));
            while (reader.nextMessage()) {
                RouteMessages.link(reader);
                RouteMessages.route(reader);
                RouteMessages.neighbour(reader);
                RouteMessages.address(reader);
            }
        }
    }
}
