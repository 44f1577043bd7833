package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;

/** What is at the end of a link: a {@link Host}, or something simpler in tests of links. */
interface Endpoint {
    /** One packet, or a merged one; slot and memory belong to the link again on return. */
    void receive(PacketSlot slot, long nowNanos);

    /** Back-pressure: the link takes no more, or takes again. */
    void setLinkWritable(int linkId, boolean writable);
}
