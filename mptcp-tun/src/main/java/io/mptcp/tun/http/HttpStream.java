package io.mptcp.tun.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An answer that goes on. Any thread. */
public final class HttpStream {
    private final Channel channel;

    HttpStream(Channel channel) {
        this.channel = channel;
    }

    /** @return false when the reader is too slow, or gone: nothing was sent */
    public boolean send(String text) {
        return send(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    /** Copies the bytes. @return false when the reader is too slow, or gone: nothing was sent */
    public boolean send(ByteBuffer bytes) {
        return send(Unpooled.copiedBuffer(bytes));
    }

    private boolean send(ByteBuf bytes) {
        if (!channel.isActive() || !channel.isWritable()) {
            bytes.release();
            return false;
        }
        channel.writeAndFlush(new DefaultHttpContent(bytes));
        return true;
    }

    /** Ends the answer in order. */
    public void end() {
        channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(_ -> channel.close());
    }

    /** Calls back, on some thread, when the stream is over. */
    public void onEnd(Runnable task) {
        channel.closeFuture().addListener(_ -> task.run());
    }
}
