package io.mptcp.tun.convert;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Where a client wants to be connected to (RFC 8803 section 6.2.5): port (16 bits), address (128 bits, IPv4 as ::ffff:a.b.c.d), TCP options. */
public final class ConnectTlv {
    private static final int BASE_BYTES = 18;
    private static final int MULTICAST6 = 0xff;
    private static final int KIND_NOP = 1;
    private static final int KIND_MSS = 2;
    private static final int KIND_WINDOW_SCALE = 3;
    private static final int KIND_SACK = 5;

    /** An option the SYN to the destination is to have. @param value empty where the converter is to choose one */
    public record Option(int kind, byte[] value) {
    }

    /** What a Connect asks for. @param options without those that a converter ignores (sections 7.1 to 7.3) */
    public record Request(IpEndpoint remote, List<Option> options) {
    }

    private ConnectTlv() {
    }

    /** A base Connect: the converter chooses the options of its connection. */
    public static Tlv of(IpEndpoint remote) {
        ByteBuffer value = ByteBuffer.allocate(BASE_BYTES).putShort((short) remote.port());
        value.putLong(remote.address().hi()).putLong(remote.address().lo());
        return new Tlv(Tlv.CONNECT, value.array());
    }

    /**
     * Reads one that must have no options.
     *
     * @throws ConvertException for what such a converter must refuse: another length, options, an address that is nobody's
     */
    public static IpEndpoint remote(Tlv connect) throws ConvertException {
        Request request = request(connect);
        if (!request.options.isEmpty()) {
            throw unsupported(request.options);
        }
        return request.remote;
    }

    /** Those options cannot be had: what a converter says then. */
    public static ConvertException unsupported(List<Option> options) {
        byte[] kinds = new byte[options.size()];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = (byte) options.get(i).kind;
        }
        return new ConvertException(ConvertError.UNSUPPORTED_TCP_OPTION, "a Connect TLV with TCP options", kinds);
    }

    /**
     * Reads one.
     *
     * @throws ConvertException for what a converter must refuse: another length, an option that does not fit, an address that is nobody's
     */
    public static Request request(Tlv connect) throws ConvertException {
        ByteBuffer value = ByteBuffer.wrap(connect.value());
        if (value.remaining() < BASE_BYTES) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "a Connect TLV of " + value.remaining() + " bytes");
        }
        int port = Short.toUnsignedInt(value.getShort());
        IpAddress address = new IpAddress(value.getLong(), value.getLong());
        List<Option> options = options(value);
        if (port == 0 || isNobodys(address)) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, new IpEndpoint(address, port) + " is no destination");
        }
        return new Request(new IpEndpoint(address, port), options);
    }

    private static List<Option> options(ByteBuffer list) throws ConvertException {
        List<Option> options = new ArrayList<>();
        while (list.hasRemaining()) {
            int kind = list.get() & 0xff;
            if (kind <= KIND_NOP) {
                continue; // padding; what should not be there otherwise has no length either
            }
            int length = list.hasRemaining() ? list.get() & 0xff : 0;
            if (length < 2 || length - 2 > list.remaining()) {
                throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "a TCP option of kind " + kind + " that does not fit");
            }
            byte[] value = new byte[length - 2];
            list.get(value);
            if (kind != KIND_MSS && kind != KIND_WINDOW_SCALE && kind != KIND_SACK) {
                options.add(new Option(kind, value));
            }
        }
        return List.copyOf(options);
    }

    /** Multicast, broadcast, loopback, and the unspecified address (section 6.2.5). */
    public static boolean isNobodys(IpAddress address) {
        byte[] bytes = address.toBytes();
        if (address.isIpv4()) {
            int first = bytes[0] & 0xff;
            return first == 0 || first == 127 || first >= 224;
        }
        return (bytes[0] & 0xff) == MULTICAST6 || address.hi() == 0 && (address.lo() == 0 || address.lo() == 1);
    }
}
