package io.mptcp.tun.convert;

import java.nio.ByteBuffer;

/** Asks for a session of datagrams: zeros (16 bits). Answers: zeros (16), the session (64), the UDP port (16). */
public final class DatagramsTlv {
    private static final int ANSWER_BYTES = 12;

    private DatagramsTlv() {
    }

    public static Tlv request() {
        return new Tlv(Tlv.DATAGRAMS, new byte[2]);
    }

    public static Tlv answer(long session, int port) {
        return new Tlv(Tlv.DATAGRAMS, ByteBuffer.allocate(ANSWER_BYTES).putShort((short) 0).putLong(session).putShort((short) port).array());
    }

    /** What an answer says. */
    public record Answer(long session, int port) {
    }

    /** @throws ConvertException when it says nothing of the kind */
    public static Answer read(Tlv tlv) throws ConvertException {
        if (tlv == null || tlv.value().length < ANSWER_BYTES) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "no session of datagrams");
        }
        ByteBuffer value = ByteBuffer.wrap(tlv.value());
        return new Answer(value.getLong(2), Short.toUnsignedInt(value.getShort(10)));
    }
}
