package io.mptcp.wire;

/** An address and a TCP port. */
public record IpEndpoint(IpAddress address, int port) {
    public IpEndpoint {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not in 0..65535");
        }
    }

    @Override
    public String toString() {
        return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
    }
}
