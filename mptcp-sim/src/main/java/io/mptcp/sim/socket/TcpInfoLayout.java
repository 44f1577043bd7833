package io.mptcp.sim.socket;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.tcp.TcpInfo;
import io.mptcp.tcp.TcpState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Linux's {@code struct tcp_info} (include/uapi/linux/tcp.h), little endian, of the initial subflow; what this stack does not keep is 0. */
final class TcpInfoLayout {
    private static final int LENGTH = 280;
    private static final int OPTION_SYN_DATA = 32;
    private static final int TCP_CLOSE = 7;
    private static final int TCP_LISTEN = 10;

    private TcpInfoLayout() {
    }

    static byte[] encode(VirtualSocket socket, long nowNanos) {
        byte[] bytes = new byte[LENGTH];
        MptcpConnection connection = socket.connection;
        TcpInfo info = connection == null ? null : connection.tcpInfo(nowNanos);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (info == null) {
            buffer.put(0, (byte) (socket.listener != null ? TCP_LISTEN : TCP_CLOSE));
            buffer.put(5, (byte) (connection != null && connection.isSynDataTaken() ? OPTION_SYN_DATA : 0));
            return bytes;
        }
        buffer.put(0, (byte) stateNumber(info.state()));
        buffer.put(1, (byte) info.caState());
        buffer.put(2, (byte) info.timeouts());
        buffer.put(3, (byte) info.probesUnanswered());
        buffer.put(4, (byte) Math.max(info.timeouts(), info.probesUnanswered()));
        buffer.put(5, (byte) (info.options() | (connection.isSynDataTaken() ? OPTION_SYN_DATA : 0)));
        buffer.put(6, (byte) (info.sndWndShift() | info.rcvWndShift() << 4));
        micros(buffer, 8, info.rtoNanos());
        buffer.putInt(16, info.sndMssBytes());
        buffer.putInt(20, info.rcvMssBytes());
        buffer.putInt(24, info.unackedSegments());
        buffer.putInt(28, info.sackedSegments());
        buffer.putInt(32, info.lostSegments());
        buffer.putInt(36, info.retransSegments());
        millis(buffer, 44, info.sinceLastDataSentNanos());
        millis(buffer, 52, info.sinceLastDataReceivedNanos());
        millis(buffer, 56, info.sinceLastDataReceivedNanos());
        micros(buffer, 68, info.srttNanos());
        micros(buffer, 72, info.rttVarNanos());
        buffer.putInt(76, info.sndSsthreshSegments());
        buffer.putInt(80, info.cwndSegments());
        buffer.putInt(84, info.advmssBytes());
        buffer.putInt(88, info.reorderingSegments());
        buffer.putInt(100, (int) info.totalRetransSegments());
        buffer.putLong(104, -1L); // pacing rates: none known
        buffer.putLong(112, -1L);
        buffer.putLong(120, info.bytesAcked());
        buffer.putLong(128, info.bytesReceived());
        buffer.putInt(144, (int) Math.max(0, connection.unsentBytes()));
        micros(buffer, 148, info.minRttNanos());
        buffer.putLong(168, connection.busyNanos(nowNanos) / 1000);
        buffer.putLong(176, connection.receiveWindowLimitedNanos(nowNanos) / 1000);
        buffer.putLong(184, connection.sendBufferLimitedNanos(nowNanos) / 1000);
        buffer.putInt(192, (int) info.deliveredSegments());
        buffer.putLong(200, info.bytesSent());
        buffer.putLong(208, info.bytesRetransmitted());
        buffer.putInt(220, info.reorderings());
        return bytes;
    }

    /** TCP_ESTABLISHED and so on, net/tcp_states.h. */
    private static int stateNumber(TcpState state) {
        return switch (state) {
            case ESTABLISHED -> 1;
            case SYN_SENT -> 2;
            case SYN_RECV -> 3;
            case FIN_WAIT_1 -> 4;
            case FIN_WAIT_2 -> 5;
            case TIME_WAIT -> 6;
            case CLOSED -> 7;
            case CLOSE_WAIT -> 8;
            case LAST_ACK -> 9;
            case CLOSING -> 11;
        };
    }

    private static void micros(ByteBuffer buffer, int offset, long nanos) {
        buffer.putInt(offset, (int) Math.min(nanos / 1000, 0xffff_ffffL));
    }

    private static void millis(ByteBuffer buffer, int offset, long nanos) {
        buffer.putInt(offset, (int) Math.min(nanos / 1_000_000, 0xffff_ffffL));
    }
}
