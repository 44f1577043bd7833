package io.mptcp.tun.stream;

import io.netty.buffer.Unpooled;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/**
 * How the two directions of a channel's stream end. Without TLS that is a FIN. With TLS it is close_notify (RFC 8446 section 6.1), each direction for itself; a
 * FIN without one before is no end, but a stream that somebody has cut off.
 */
public final class StreamEnds {
    /** What an event in the pipeline says about the peer's stream. */
    public enum Said {
        NOTHING, END, CUT_OFF
    }

    private static final int FAREWELL_SECONDS = 2;

    private final SocketChannel channel;
    /** Null without TLS. */
    private final SslHandler tls;
    private boolean ended;

    public StreamEnds(SocketChannel channel) {
        this.channel = channel;
        this.tls = channel.pipeline().get(SslHandler.class);
    }

    /** To be asked about every user event of the pipeline. */
    public Said hear(Object event) {
        if (ended) {
            return Said.NOTHING;
        }
        if (event instanceof SslCloseCompletionEvent closed) {
            ended = true;
            return closed.isSuccess() ? Said.END : Said.CUT_OFF;
        }
        if (event == ChannelInputShutdownReadComplete.INSTANCE || event == ChannelInputShutdownEvent.INSTANCE && tls != null) {
            ended = true;
            return tls == null ? Said.END : Said.CUT_OFF;
        }
        return Said.NOTHING;
    }

    /** Ends our stream, after all that has been written. */
    public void end() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            if (!written.isSuccess()) {
                return; // the channel is closed: its handlers hear of that
            }
            if (tls == null) {
                channel.shutdownOutput();
            } else {
                tls.closeOutbound().addListener(_ -> channel.shutdownOutput());
            }
        });
    }

    /** Ends it for a peer that has been told why: closes when there has been time to read that, whatever the peer does. A reset would take it along. */
    public void sayFarewell() {
        end();
        channel.eventLoop().schedule(() -> channel.close(), FAREWELL_SECONDS, TimeUnit.SECONDS);
    }

    /** Resets the connection: the peer must not take what it has got for the whole. */
    public void reset() {
        if (channel.isOpen()) {
            channel.config().setSoLinger(0);
            channel.unsafe().close(channel.unsafe().voidPromise()); // below TLS, which would say close_notify
        }
    }
}
