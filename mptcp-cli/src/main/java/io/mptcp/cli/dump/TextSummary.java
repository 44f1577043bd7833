package io.mptcp.cli.dump;

import io.mptcp.wire.MptcpOptions;
import java.util.HexFormat;
import java.util.Map;
import java.util.StringJoiner;

/** The summary of one connection, for people. */
final class TextSummary {
    private final TracedConnection connection;
    private final DumpOutput output;
    private final StringBuilder text = new StringBuilder();

    TextSummary(TracedConnection connection, DumpOutput output) {
        this.connection = connection;
        this.output = output;
    }

    String text() {
        TracedSubflow first = connection.subflow(0);
        boolean swapped = first != null && first.openerSide == 1;
        line("connection " + connection.number + ": " + (first == null ? "?" : (swapped ? first.other : first.opener) + " > " + (swapped ? first.opener : first.other))
                + ", from " + Numbers.seconds(output.sinceStart(connection.firstTimeNanos)) + " for "
                + Numbers.duration(connection.lastTimeNanos - connection.firstTimeNanos) + ", " + connection.packets + " packets");
        for (int side = 0; side < 2; side++) {
            line("  " + TracedConnection.sideName(side) + (side == 0 ? "  " : "   ") + (connection.isTokenKnown(side)
                    ? "token " + HexFormat.of().toHexDigits(connection.token(side)) : "token unknown") + (connection.isKeyKnown(side)
                    ? ", key " + HexFormat.of().toHexDigits(connection.key(side)) + ", IDSN " + Long.toUnsignedString(connection.data[side].absolute(0)) : ""));
        }
        settings();
        connection.subflows().forEach(this::subflow);
        if (connection.subflowsLeftOut > 0) {
            line("  " + connection.subflowsLeftOut + " further subflows are not followed");
        }
        for (int side = 0; side < 2; side++) {
            data(side);
        }
        for (TracedConnection.Signal signal : connection.signals) {
            line("  signal     " + Numbers.seconds(output.sinceStart(signal.timeNanos())) + " " + TextOutput.arrow(signal.side()) + " " + signal.text());
        }
        if (connection.signalsLeftOut > 0) {
            line("  signal     and " + connection.signalsLeftOut + " more");
        }
        line("  fallback   " + (connection.fallback == null ? "none"
                : connection.fallback + ", at " + Numbers.seconds(output.sinceStart(connection.fallbackTimeNanos))));
        text.append("  end        ").append(connection.end());
        return text.toString();
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private void settings() {
        StringJoiner settings = new StringJoiner(", ");
        if (connection.version >= 0) {
            settings.add("version " + connection.version);
        }
        if (connection.flags[0] >= 0 && connection.flags[1] >= 0) {
            // RFC 8684 section 3.1: on when either asks for it.
            settings.add("checksums " + (((connection.flags[0] | connection.flags[1]) & MptcpOptions.FLAG_CHECKSUM) != 0 ? "on" : "off"));
        }
        if (connection.checksumsOk + connection.checksumsBad > 0) {
            settings.add(connection.checksumsOk + " verified, " + connection.checksumsBad + " bad");
        }
        for (int side = 0; side < 2; side++) {
            if (connection.flags[side] >= 0 && (connection.flags[side] & MptcpOptions.FLAG_DENY_JOIN_ID0) != 0) {
                settings.add("no joins to the " + TracedConnection.sideName(side) + "'s first address");
            }
        }
        if (connection.malformedOptions > 0) {
            settings.add(connection.malformedOptions + (connection.malformedOptions == 1 ? " malformed option" : " malformed options"));
        }
        if (settings.length() > 0) {
            line("  settings   " + settings);
        }
    }

    private void subflow(TracedSubflow subflow) {
        StringJoiner parts = new StringJoiner(", ");
        parts.add(subflow.endpoint(0) + " " + TextOutput.arrow(subflow.openerSide) + " " + subflow.endpoint(1));
        parts.add("from " + Numbers.seconds(output.sinceStart(subflow.firstTimeNanos)));
        if (subflow.synAckTimeNanos >= 0) {
            parts.add("SYN/ACK after " + Numbers.duration(subflow.synAckTimeNanos - subflow.firstTimeNanos));
        } else if (subflow.syns > 0 && !subflow.isClosed()) {
            parts.add("no answer to " + subflow.syns + " SYN");
        }
        for (int side = 0; side < 2; side++) {
            if (subflow.addressIds[side] >= 0) {
                parts.add("id " + subflow.addressIds[side] + " of the " + TracedConnection.sideName(side) + (subflow.backup[side] ? " (backup)" : ""));
            }
        }
        if (subflow.encapsulated) {
            parts.add("in UDP");
        }
        parts.add(end(subflow));
        line("  subflow " + subflow.index + "  " + parts);
        for (int side = 0; side < 2; side++) {
            direction(subflow, side);
        }
    }

    private String end(TracedSubflow subflow) {
        for (int side = 0; side < 2; side++) {
            SubflowDirection direction = subflow.from(side);
            if (direction.rst) {
                boolean refusal = side != subflow.openerSide && subflow.synAckTimeNanos < 0 && subflow.syns > 0;
                return (refusal ? "refused by RST of the " : "RST of the ") + TracedConnection.sideName(side) + (direction.resetReason == null ? "" : ", " + direction.resetReason)
                        + " at " + Numbers.seconds(output.sinceStart(subflow.lastTimeNanos));
            }
        }
        if (subflow.refused) {
            return "refused: SYN/ACK without MP_JOIN";
        }
        return subflow.isClosed() ? "FIN both ways" : "open, last segment at " + Numbers.seconds(output.sinceStart(subflow.lastTimeNanos));
    }

    private void direction(TracedSubflow subflow, int side) {
        SubflowDirection direction = subflow.from(side);
        if (direction.packets == 0) {
            return;
        }
        StringJoiner parts = new StringJoiner(", ");
        parts.add(direction.packets + (direction.packets == 1 ? " packet" : " packets"));
        long stream = connection.data[side].bytes;
        parts.add(Numbers.bytes(direction.bytes)
                + (direction.bytes == 0 || stream == 0 ? "" : " (" + Numbers.percent(direction.firstBytes, stream) + " of the stream)"));
        if (direction.retransmittedBytes > 0) {
            parts.add(direction.retransmittedBytes + " retransmitted");
        }
        if (direction.reinjectedBytes > 0) {
            parts.add(direction.reinjectedBytes + " reinjected");
        }
        line("             " + TextOutput.arrow(side) + " " + parts);
    }

    private void data(int side) {
        DataDirection data = connection.data[side];
        StringJoiner parts = new StringJoiner(", ");
        parts.add(Numbers.bytes(data.bytes));
        if (data.dataFin >= 0) {
            parts.add("DATA_FIN at " + data.dataFin + (data.isFinAcknowledged() ? " acknowledged" : " not acknowledged"));
        }
        if (data.dataAck > 0) {
            parts.add("DATA_ACK up to " + data.dataAck);
        }
        if (data.unmappedBytes > 0) {
            parts.add(data.unmappedBytes + " without mapping");
        }
        line("  data " + TextOutput.arrow(side) + "     " + parts);
        for (Map.Entry<DataDirection.Reason, Long> entry : data.reinjected.entrySet()) {
            line("             reinjected " + entry.getValue() + ": " + entry.getKey().text);
        }
        StreamMap map = data.map;
        if (map.subflows() < 2 && data.reinjectedBytes == 0) {
            return;
        }
        line("             who carried it first, " + Numbers.bytes(map.columnBytes()) + " a column:");
        for (int subflow = 0; subflow < map.subflows(); subflow++) {
            String row = map.row(subflow);
            if (!row.isBlank()) {
                line(String.format("             %7d |%s|", subflow, row));
            }
        }
        if (data.reinjectedBytes > 0) {
            line("               twice |" + map.reinjectedRow() + "|");
        }
    }
}
