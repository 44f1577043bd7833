package io.mptcp.tun.convert;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * A Convert message (RFC 8803 section 6), the first bytes of a stream in each direction: version 1 (8 bits), length in words of 32 bits (8 bits), magic number
 * 0x2263 (16 bits), then TLVs, each type once.
 */
public record ConvertMessage(List<Tlv> tlvs) {
    public static final int VERSION = 1;
    static final int MAGIC = 0x2263;
    /** As the length has 8 bits. */
    public static final int MAX_BYTES = 255 * 4;
    static final int HEADER_BYTES = 4;

    public static ConvertMessage of(Tlv... tlvs) {
        return new ConvertMessage(List.of(tlvs));
    }

    /** A message that says what went wrong (section 6.2.8). */
    public static ConvertMessage error(ConvertError error) {
        return of(ErrorTlv.of(error));
    }

    /** The part of that type, null without one. */
    public Tlv find(int type) {
        for (Tlv tlv : tlvs) {
            if (tlv.type() == type) {
                return tlv;
            }
        }
        return null;
    }

    /** What the Error TLV says; null without one. A code that is not known is a network failure. */
    public ConvertError error() {
        Tlv tlv = find(Tlv.ERROR);
        if (tlv == null) {
            return null;
        }
        ConvertError error = ConvertError.of(tlv.value()[0] & 0xff);
        return error == null ? ConvertError.NETWORK_FAILURE : error;
    }

    /** @throws IllegalStateException when the parts have no room in one message */
    public void write(ByteBuf out) {
        int bytes = HEADER_BYTES + tlvs.stream().mapToInt(Tlv::encodedLength).sum();
        if (bytes > MAX_BYTES) {
            throw new IllegalStateException(bytes + " bytes in a message that has room for " + MAX_BYTES);
        }
        out.writeByte(VERSION).writeByte(bytes / 4).writeShort(MAGIC);
        for (Tlv tlv : tlvs) {
            int length = tlv.encodedLength();
            out.writeByte(tlv.type()).writeByte(length / 4).writeBytes(tlv.value()).writeZero(length - Tlv.HEADER_BYTES - tlv.value().length);
        }
    }

    /**
     * Takes a message from the beginning of what has come.
     *
     * @return null, and nothing taken, while it is not complete
     * @throws ConvertException as soon as it is clear that it never will be one
     */
    public static ConvertMessage read(ByteBuf in) throws ConvertException {
        checkHeader(in);
        if (in.readableBytes() < HEADER_BYTES || in.readableBytes() < 4 * in.getUnsignedByte(in.readerIndex() + 1)) {
            return null;
        }
        ByteBuf message = in.readSlice(4 * in.getUnsignedByte(in.readerIndex() + 1)).skipBytes(HEADER_BYTES);
        List<Tlv> tlvs = new ArrayList<>();
        while (message.isReadable()) {
            Tlv tlv = readTlv(message);
            if (tlvs.stream().anyMatch(other -> other.type() == tlv.type())) {
                throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "TLV type " + tlv.type() + " twice"); // section 6.2.1
            }
            tlvs.add(tlv);
        }
        return new ConvertMessage(List.copyOf(tlvs));
    }

    /** By as many bytes of it as there are: a stranger's first byte may tell. */
    private static void checkHeader(ByteBuf in) throws ConvertException {
        int start = in.readerIndex();
        int there = in.readableBytes();
        if (there >= 1 && in.getUnsignedByte(start) != VERSION) {
            throw new ConvertException(ConvertError.UNSUPPORTED_VERSION, "version " + in.getUnsignedByte(start));
        }
        if (there >= 2 && in.getUnsignedByte(start + 1) < 2) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "a message without TLVs"); // section 6.1: at least one
        }
        if (there >= 4 && in.getUnsignedShort(start + 2) != MAGIC) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "no magic number");
        }
    }

    private static Tlv readTlv(ByteBuf message) throws ConvertException {
        int type = message.readUnsignedByte();
        int length = 4 * message.readUnsignedByte(); // there: messages are made of whole words
        if (type == 0) {
            throw new ConvertException(ConvertError.UNSUPPORTED_MESSAGE, "TLV type 0"); // section 6.2.2
        }
        if (length == 0 || length - Tlv.HEADER_BYTES > message.readableBytes()) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "TLV type " + type + " of " + length + " bytes");
        }
        byte[] value = new byte[length - Tlv.HEADER_BYTES];
        message.readBytes(value);
        return new Tlv(type, value);
    }
}
