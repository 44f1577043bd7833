package io.mptcp.stack;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.TcpOptions;
import java.util.Arrays;

/**
 * Fast Open of one active connection (RFC 7413 section 4.2.1): with the first SYN goes a cookie and what has been written so far, or the wish
 * for a cookie. Every further SYN goes without, and what was not taken with the SYN is sent afterwards as ever. Bytes that were taken are
 * outside the data sequence space of MPTCP (RFC 8684 appendix B): the numbers of both levels begin behind them.
 */
final class FastOpenClient {
    private static final int MP_CAPABLE_SYN_BYTES = 4;

    private final Stack stack;
    private final FastOpenCache cache;
    private final IpAddress server;
    private final DataSender sender;
    private final boolean withoutCookie;
    private boolean optionSent;
    private boolean cookieSent;
    /** The option is in the form it had before RFC 7413. */
    private boolean experimental;
    private boolean lost;
    /** There has been another SYN since, without payload: what is answered may be that one. */
    private boolean repeated;
    private boolean answered;
    private int sentBytes;
    private int ackedBytes;

    /** @param withoutCookie data goes with the SYN in any case, and no cookie is asked for (RFC 7413 section 4.1.3 leaves that to closed networks) */
    FastOpenClient(Stack stack, FastOpenCache cache, IpAddress server, DataSender sender, boolean withoutCookie) {
        this.stack = stack;
        this.cache = cache;
        this.server = server;
        this.sender = sender;
        this.withoutCookie = withoutCookie;
    }

    /**
     * Writes the option of a SYN.
     *
     * @param timedOut whether a SYN before this one was not answered in time
     * @param again    whether there was one before, which may as well have been too big for the path
     */
    void writeOption(OptionWriter writer, boolean timedOut, boolean again) {
        cookieSent = false;
        repeated |= again;
        if (timedOut) {
            noteLoss();
        }
        if (again) {
            return;
        }
        if (withoutCookie) {
            cookieSent = true;
            stack.count(Counter.TCPFastOpenActive);
            return;
        }
        if (!cache.mayTry(stack.nowNanos(), server)) {
            return;
        }
        byte[] cookie = cache.cookie(server);
        int length = cookie == null ? 0 : cookie.length;
        experimental = cookie == null ? stack.config().wire().experimentalFastOpen() && cache.asksByExperiment(server) : cache.isExperimental(server);
        int headerLength = experimental ? 4 : 2;
        if (writer.remaining() - MP_CAPABLE_SYN_BYTES >= (headerLength + length + 3 & ~3)) {
            optionSent = experimental ? writer.fastOpenExperimental(cookie, length) : writer.fastOpen(cookie, length);
            cookieSent = optionSent && length > 0;
        }
        if (cookieSent) {
            stack.count(Counter.TCPFastOpenActive);
        }
    }

    private void noteLoss() {
        if (optionSent && !lost) {
            lost = true;
            cache.onSynLost(stack.nowNanos(), server, sentBytes > 0);
            stack.count(Counter.TCPFastOpenActiveFail);
        }
    }

    /** Bytes that go with the SYN whose options have just been written. @param roomBytes what the packet has room for */
    int synPayloadBytes(int roomBytes, int optionBytes) {
        if (!cookieSent) {
            return 0;
        }
        int reserveBytes = stack.config().wire().fullOptionRoomInSyn() ? OptionWriter.MAX_LENGTH - optionBytes : 0;
        int mssBytes = Math.min(roomBytes, cache.mssBytes(server) - optionBytes) - reserveBytes;
        sentBytes = (int) Math.max(0, Math.min(mssBytes, sender.pendingBytes()));
        return sentBytes;
    }

    void onSynAck(IncomingSegment segment, int synPayloadAckedBytes) {
        TcpOptions options = segment.options;
        int mssBytes = options.mss > 0 ? options.mss : 536;
        if (options.fastOpenLength > 0 && optionSent) {
            cache.onCookie(server, Arrays.copyOf(options.fastOpenCookie, options.fastOpenLength), options.fastOpenExperimental, mssBytes);
        } else {
            cache.onMss(server, mssBytes);
            if (optionSent && !lost && cache.cookie(server) == null) {
                cache.onNoCookie(server, experimental);
            }
            if (cookieSent && synPayloadAckedBytes == 0 && sender.pendingBytes() > 0) {
                stack.count(Counter.TCPFastOpenActiveFail);
            }
        }
    }

    /** So much of the payload that went with the SYN is acknowledged. */
    void onAcked(int bytes) {
        answered = true;
        if (bytes > 0) {
            cache.onSuccess(server);
            ackedBytes = bytes;
            sender.dropFirst(bytes);
        }
    }

    /** Payload was sent with the SYN, and the server took all of it. */
    boolean isSynDataTaken() {
        return sentBytes > 0 && ackedBytes == sentBytes;
    }

    /** The one SYN there was had payload, and its answer acknowledges none of it. */
    boolean isSynDataIgnored() {
        return sentBytes > 0 && answered && !repeated && ackedBytes == 0;
    }

    /** Bytes that were sent with the SYN, and have to be sent again. */
    int refusedBytes() {
        return sentBytes - ackedBytes;
    }

    /** Bytes the server took with the SYN. */
    int ackedBytes() {
        return ackedBytes;
    }
}
