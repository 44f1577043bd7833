package io.mptcp.pm;

import io.mptcp.wire.IpAddress;

/**
 * An address that peers are told of ({@code ip mptcp endpoint add … signal}).
 *
 * @param id         address id 1 to 255, 0 for any
 * @param retryNanos time until the announcement is repeated when it was not echoed, Long.MAX_VALUE for never
 */
public record SignalAddress(int id, IpAddress address, long retryNanos) {
    public SignalAddress {
        if (id < 0 || id > 255 || retryNanos <= 0) {
            throw new IllegalArgumentException("address id " + id + ", again after " + retryNanos + " ns");
        }
    }
}
