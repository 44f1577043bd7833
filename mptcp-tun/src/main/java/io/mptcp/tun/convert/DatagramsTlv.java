package io.mptcp.tun.convert;

import io.mptcp.wire.IpAddress;
import java.nio.ByteBuffer;

/**
 * Asks for a session of datagrams: zeros (16 bits). Answers: zeros (16), the session (64), the UDP port (16), and the address of the relay (128, IPv4 as
 * {@code ::ffff:a.b.c.d}) where that is not the one the client has connected to.
 */
public final class DatagramsTlv {
    private static final int ANSWER_BYTES = 12;
    private static final int ADDRESS_BYTES = 16;

    private DatagramsTlv() {
    }

    public static Tlv request() {
        return new Tlv(Tlv.DATAGRAMS, new byte[2]);
    }

    /** @param address null for where the client has connected to */
    public static Tlv answer(long session, int port, IpAddress address) {
        ByteBuffer value = ByteBuffer.allocate(address == null ? ANSWER_BYTES : ANSWER_BYTES + ADDRESS_BYTES);
        value.putShort((short) 0).putLong(session).putShort((short) port);
        if (address != null) {
            value.putLong(address.hi()).putLong(address.lo());
        }
        return new Tlv(Tlv.DATAGRAMS, value.array());
    }

    /** What an answer says. @param address null for where the client has connected to */
    public record Answer(long session, int port, IpAddress address) {
    }

    /** @throws ConvertException when it says nothing of the kind */
    public static Answer read(Tlv tlv) throws ConvertException {
        if (tlv == null || tlv.value().length < ANSWER_BYTES) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "no session of datagrams");
        }
        ByteBuffer value = ByteBuffer.wrap(tlv.value());
        boolean hasAddress = tlv.value().length >= ANSWER_BYTES + ADDRESS_BYTES;
        return new Answer(value.getLong(2), Short.toUnsignedInt(value.getShort(10)),
                hasAddress ? new IpAddress(value.getLong(ANSWER_BYTES), value.getLong(ANSWER_BYTES + Long.BYTES)) : null);
    }
}
