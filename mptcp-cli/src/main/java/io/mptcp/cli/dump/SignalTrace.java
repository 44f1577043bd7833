package io.mptcp.cli.dump;

import io.mptcp.stack.Keys;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpSegment;

/** Addresses announced and taken back, priorities, and how connections and subflows are cut off (RFC 8684 sections 3.3.8 and 3.4 to 3.6). */
final class SignalTrace {
    private final Keys keys;

    SignalTrace(Keys keys) {
        this.keys = keys;
    }

    void segment(Segment segment, TracedSubflow subflow, PacketReport report) {
        MptcpOptions options = segment.options.mptcp;
        if (options.has(MptcpOptions.ADD_ADDR)) {
            addAddr(options, subflow, report);
        }
        if (options.has(MptcpOptions.REMOVE_ADDR)) {
            StringBuilder ids = new StringBuilder("REMOVE_ADDR id ");
            for (int i = 0; i < options.removeAddrCount; i++) {
                ids.append(i == 0 ? "" : ",").append(options.removeAddrIds[i]);
            }
            signal(subflow, report, ids.toString());
        }
        if (options.has(MptcpOptions.MP_PRIO)) {
            subflow.backup[report.side] = options.prioBackup;
            signal(subflow, report, "MP_PRIO " + (options.prioBackup ? "backup" : "regular") + " for subflow " + subflow.index);
        }
        if (options.has(MptcpOptions.MP_FASTCLOSE)) {
            fastclose(segment, options, subflow, report);
        }
        if (segment.has(TcpSegment.RST) && options.has(MptcpOptions.MP_TCPRST)) {
            String text = MptcpOption.of(options).getLast().toString();
            subflow.from(report.side).resetReason = text.substring(text.indexOf(' ') + 1);
        }
    }

    private void addAddr(MptcpOptions options, TracedSubflow subflow, PacketReport report) {
        TracedConnection connection = subflow.connection;
        IpAddress address = new IpAddress(options.addAddrHi, options.addAddrLo);
        String endpoint = options.addAddrPort == 0 ? address.toString() : new IpEndpoint(address, options.addAddrPort).toString();
        String verdict = "";
        if (!options.addAddrEcho && connection.areKeysKnown()) {
            long hmac = keys.addAddrHmac(connection.key(report.side), connection.key(1 - report.side), options.addAddrId,
                    options.addAddrHi, options.addAddrLo, options.addAddrPort);
            boolean authentic = hmac == options.addAddrHmac;
            report.mark(authentic ? Mark.Kind.HMAC_OK : Mark.Kind.HMAC_BAD, "");
            verdict = authentic ? ", HMAC ok" : ", HMAC bad";
        }
        signal(subflow, report, "ADD_ADDR " + (options.addAddrEcho ? "echo " : "") + "id " + options.addAddrId + " " + endpoint + verdict);
    }

    private static void signal(TracedSubflow subflow, PacketReport report, String text) {
        subflow.connection.signal(report.segment.timeNanos, report.side, text);
    }

    private static void fastclose(Segment segment, MptcpOptions options, TracedSubflow subflow, PacketReport report) {
        TracedConnection connection = subflow.connection;
        if (connection.fastcloseSide < 0) {
            connection.fastcloseSide = report.side;
            connection.fastcloseTimeNanos = segment.timeNanos;
        }
        if (connection.isKeyKnown(1 - report.side)) {
            boolean right = connection.key(1 - report.side) == options.fastcloseKey;
            report.mark(right ? Mark.Kind.KEY_OK : Mark.Kind.KEY_BAD, "");
        }
    }
}
