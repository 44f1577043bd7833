package io.mptcp.pm;

import io.mptcp.wire.IpAddress;
import java.util.List;

/** What the host knows of its links; asked whenever it matters, as it changes. */
public interface LocalLinks {
    /** Numbers of the links, those to prefer first. */
    List<Integer> links();

    /** The address to use over a link towards {@code remote}; null when the link does not lead there now. */
    IpAddress localAddress(int linkId, IpAddress remote);

    /** The link that has this address, -1 for none. */
    int linkOf(IpAddress local);
}
