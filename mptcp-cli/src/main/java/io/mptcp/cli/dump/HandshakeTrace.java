package io.mptcp.cli.dump;

import io.mptcp.stack.Keys;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.HexFormat;

/** Reads the handshakes of subflows (RFC 8684 sections 3.1 and 3.2): keys, tokens, whether joins are authentic, and fallback at the beginning. */
final class HandshakeTrace {
    private final Keys keys;
    private final ConnectionTable table;

    HandshakeTrace(Keys keys, ConnectionTable table) {
        this.keys = keys;
        this.table = table;
    }

    void segment(Segment segment, TracedSubflow subflow, PacketReport report) {
        MptcpOptions options = segment.options.mptcp;
        TracedConnection connection = subflow.connection;
        if (segment.isSyn()) {
            subflow.syns++;
        }
        if (options.has(MptcpOptions.MP_CAPABLE)) {
            capable(segment, options, subflow, report);
        }
        if (options.has(MptcpOptions.MP_JOIN)) {
            join(segment, options, subflow, report);
        }
        if (segment.isSynAck()) {
            synAck(segment, options, subflow, report);
        } else if (!segment.isSyn() && report.side == subflow.openerSide && subflow.establishedTimeNanos < 0 && subflow.synAckTimeNanos >= 0
                && segment.has(TcpSegment.ACK) && !segment.has(TcpSegment.RST)) {
            subflow.establishedTimeNanos = segment.timeNanos;
        }
        if (segment.isSyn() && subflow.syns > 1 && subflow.origin == TracedSubflow.Origin.MP_CAPABLE && !options.has(MptcpOptions.MP_CAPABLE)
                && !segment.optionsCut && connection.fallBack("SYN number " + subflow.syns + " without MP_CAPABLE", segment.timeNanos)) {
            report.mark(Mark.Kind.FALLBACK, connection.fallback);
        }
    }

    private void capable(Segment segment, MptcpOptions options, TracedSubflow subflow, PacketReport report) {
        TracedConnection connection = subflow.connection;
        boolean bothKeys = !segment.has(TcpSegment.SYN);
        if (connection.flags[report.side] < 0) {
            connection.flags[report.side] = options.mpCapableFlags;
        }
        if (segment.isSynAck()) {
            connection.version = options.version;
            key(connection, report.side, options.senderKey, report);
        } else if (bothKeys) {
            connection.version = options.version;
            key(connection, report.side, options.senderKey, report);
            key(connection, 1 - report.side, options.receiverKey, report);
        }
    }

    private void key(TracedConnection connection, int side, long key, PacketReport report) {
        if (connection.isKeyKnown(side)) {
            if (connection.key(side) != key) {
                report.mark(Mark.Kind.KEY_BAD, "of the " + TracedConnection.sideName(side) + ": it was another before");
            }
            return;
        }
        int token = keys.token(key);
        long idsn = keys.idsn(key);
        connection.setKey(side, key, token, idsn);
        table.named(connection, token);
        report.mark(Mark.Kind.TOKEN, HexFormat.of().toHexDigits(token) + " idsn " + Long.toUnsignedString(idsn)
                + " of the " + TracedConnection.sideName(side));
    }

    private void synAck(Segment segment, MptcpOptions options, TracedSubflow subflow, PacketReport report) {
        if (subflow.synAckTimeNanos < 0) {
            subflow.synAckTimeNanos = segment.timeNanos;
        }
        if (segment.optionsCut) {
            return;
        }
        TracedConnection connection = subflow.connection;
        if (subflow.origin == TracedSubflow.Origin.MP_CAPABLE && !options.has(MptcpOptions.MP_CAPABLE)
                && connection.fallBack("SYN/ACK without MP_CAPABLE", segment.timeNanos)) {
            report.mark(Mark.Kind.FALLBACK, connection.fallback);
        } else if (subflow.origin == TracedSubflow.Origin.MP_JOIN && !options.has(MptcpOptions.MP_JOIN)) {
            subflow.refused = true;
            report.mark(Mark.Kind.JOIN_REFUSED, "SYN/ACK without MP_JOIN");
        }
    }

    private void join(Segment segment, MptcpOptions options, TracedSubflow subflow, PacketReport report) {
        TracedConnection connection = subflow.connection;
        int side = report.side;
        if (segment.has(TcpSegment.SYN)) {
            subflow.nonces[side] = options.joinNonce;
            subflow.nonceKnown[side] = true;
            subflow.addressIds[side] = options.joinAddressId;
            subflow.backup[side] = options.joinBackup;
        }
        if (segment.isSyn() || !connection.areKeysKnown() || !subflow.nonceKnown[0] || !subflow.nonceKnown[1]) {
            return;
        }
        boolean authentic = segment.isSynAck()
                ? options.joinHmac0 == keys.joinSynAckHmac(connection.key(side), connection.key(1 - side), subflow.nonces[side], subflow.nonces[1 - side])
                : keys.verifyJoinAck(connection.key(side), connection.key(1 - side), subflow.nonces[side], subflow.nonces[1 - side],
                        options.joinHmac0, options.joinHmac1, options.joinHmac2);
        report.mark(authentic ? Mark.Kind.HMAC_OK : Mark.Kind.HMAC_BAD, "");
    }
}
