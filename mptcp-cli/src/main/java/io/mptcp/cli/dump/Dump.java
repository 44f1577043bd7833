package io.mptcp.cli.dump;

import java.io.IOException;

/** One pass through a capture. */
final class Dump {
    private Dump() {
    }

    /**
     * Reads to the end and writes what it finds.
     *
     * @throws CaptureException when the file is damaged somewhere; what could be read has been written then, summaries included
     */
    static void run(CaptureReader reader, DumpOutput output) throws IOException {
        run(reader, output, ConnectionTable.MAX_CONNECTIONS, EntryBudget.MAX_ENTRIES);
    }

    static void run(CaptureReader reader, DumpOutput output, int maxConnections, int maxEntries) throws IOException {
        PacketDecoder decoder = new PacketDecoder();
        Tracker tracker = new Tracker(maxConnections, maxEntries, output::report, output::finished);
        CapturedPacket packet = new CapturedPacket();
        Segment segment = new Segment();
        long packets = 0;
        CaptureException damage = null;
        try {
            while (reader.next(packet)) {
                if (packets++ == 0) {
                    output.startsAt(packet.timeNanos);
                }
                segment.number = packets;
                if (decoder.decode(packet, segment)) {
                    tracker.segment(segment);
                }
            }
        } catch (CaptureException e) {
            damage = e;
        }
        tracker.table().finishAll();
        output.end(new CaptureTotals(packets, tracker.table().created(), tracker.followed, tracker.plainTcp, decoder.tooShort, decoder.fragments,
                decoder.notIp + decoder.otherProtocols + tracker.otherDatagrams, decoder.unknownLinkType, decoder.firstUnknownLinkType,
                tracker.table().finishedEarly));
        if (damage != null) {
            throw damage;
        }
    }
}
