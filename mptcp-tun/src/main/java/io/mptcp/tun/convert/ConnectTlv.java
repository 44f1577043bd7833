package io.mptcp.tun.convert;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.ByteBuffer;

/** Where a client wants to be connected to (RFC 8803 section 6.2.5): port (16 bits), address (128 bits, IPv4 as ::ffff:a.b.c.d), TCP options. */
public final class ConnectTlv {
    private static final int BASE_BYTES = 18;
    private static final int MULTICAST6 = 0xff;

    private ConnectTlv() {
    }

    /** A base Connect: the converter chooses the options of its connection. */
    public static Tlv of(IpEndpoint remote) {
        ByteBuffer value = ByteBuffer.allocate(BASE_BYTES).putShort((short) remote.port());
        value.putLong(remote.address().hi()).putLong(remote.address().lo());
        return new Tlv(Tlv.CONNECT, value.array());
    }

    /**
     * Reads one.
     *
     * @throws ConvertException for what a converter must refuse: another length, options, an address that is nobody's
     */
    public static IpEndpoint remote(Tlv connect) throws ConvertException {
        ByteBuffer value = ByteBuffer.wrap(connect.value());
        if (value.remaining() < BASE_BYTES) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, "a Connect TLV of " + value.remaining() + " bytes");
        }
        int port = Short.toUnsignedInt(value.getShort());
        IpAddress address = new IpAddress(value.getLong(), value.getLong());
        if (hasOptions(value)) {
            throw new ConvertException(ConvertError.UNSUPPORTED_TCP_OPTION, "a Connect TLV with TCP options");
        }
        if (port == 0 || isNobodys(address)) {
            throw new ConvertException(ConvertError.MALFORMED_MESSAGE, new IpEndpoint(address, port) + " is no destination");
        }
        return new IpEndpoint(address, port);
    }

    /** Kinds 0 to 3 and 5 are ignored (sections 7.1 to 7.3); they have no value here. */
    private static boolean hasOptions(ByteBuffer options) {
        while (options.hasRemaining()) {
            int kind = options.get();
            if (kind < 0 || kind > 5 || kind == 4) {
                return true;
            }
        }
        return false;
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
