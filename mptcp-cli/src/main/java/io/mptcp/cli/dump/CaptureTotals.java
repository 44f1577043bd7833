package io.mptcp.cli.dump;

/**
 * What a whole capture held.
 *
 * @param packets         records in the file
 * @param connections     MPTCP connections, fallen back ones included
 * @param mptcpSegments   TCP segments of theirs
 * @param plainTcp        TCP segments of other connections
 * @param tooShort        IP packets whose headers are not whole, or contradict themselves
 * @param fragments       IP fragments, which are not put together
 * @param other           everything else
 * @param unknownLinkType packets of a link type that is not known, {@code linkType} the first of them
 * @param finishedEarly   connections summarized before the end of the capture, for lack of room
 */
record CaptureTotals(long packets, int connections, long mptcpSegments, long plainTcp, long tooShort, long fragments, long other,
                     long unknownLinkType, int linkType, int finishedEarly) {
}
