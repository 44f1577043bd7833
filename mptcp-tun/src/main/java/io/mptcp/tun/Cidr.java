package io.mptcp.tun;

import io.mptcp.wire.IpAddress;

/**
 * An address with a prefix length, as in {@code 10.255.0.1/30}: an interface address, or a destination when all host bits are zero.
 *
 * @param prefixLength bits, 0..32 for IPv4 and 0..128 for IPv6
 */
public record Cidr(IpAddress address, int prefixLength) {
    public Cidr {
        int most = address.isIpv4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > most) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " is not in 0.." + most);
        }
    }

    /**
     * Parses {@code ADDRESS/LENGTH}. Without a length the address stands for itself alone.
     *
     * @throws IllegalArgumentException saying what is wrong with the text
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            IpAddress address = IpAddress.parse(text);
            return new Cidr(address, address.isIpv4() ? 32 : 128);
        }
        String length = text.substring(slash + 1);
        if (!length.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException("'" + length + "' is not a prefix length");
        }
        return new Cidr(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(length));
    }

    public boolean isIpv4() {
        return address.isIpv4();
    }

    /** The network this address lies in: all host bits zero. */
    public Cidr network() {
        int bits = address.isIpv4() ? 96 + prefixLength : prefixLength;
        long hi = address.hi() & mask(bits);
        long lo = address.lo() & mask(bits - 64);
        return new Cidr(new IpAddress(hi, lo), prefixLength);
    }

    /** Whether an address is in this network. */
    public boolean contains(IpAddress other) {
        return other.isIpv4() == isIpv4() && new Cidr(other, prefixLength).network().address().equals(network().address());
    }

    /** A long whose first {@code bits} bits are ones. */
    private static long mask(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
