package io.mptcp.tun;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the daemon is (sd_notify(3)): READY=1 when connections can come, WATCHDOG=1 from the loop that carries them, so that one which hangs
 * is started again. Without {@code NOTIFY_SOCKET} in the environment it says nothing.
 */
public final class SdNotify implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SdNotify.class);
    private static final SdNotify SILENT = new SdNotify(null);

    /** Null when there is nobody to be told. */
    private final Channel channel;

    private SdNotify(Channel channel) {
        this.channel = channel;
    }

    /** @param environment with NOTIFY_SOCKET, a path or with @ an abstract name, and WATCHDOG_USEC */
    public static SdNotify start(IoEventLoop loop, Map<String, String> environment) {
        String socket = environment.get("NOTIFY_SOCKET");
        if (socket == null || socket.isEmpty()) {
            return SILENT;
        }
        ChannelFuture opened = new Bootstrap().group(loop).channel(EpollDomainDatagramChannel.class).handler(new ChannelInboundHandlerAdapter())
                .connect(new DomainSocketAddress(socket.startsWith("@") ? "\0" + socket.substring(1) : socket)).awaitUninterruptibly();
        if (!opened.isSuccess()) {
            LOG.warn("systemd cannot be told anything at {}: {}", socket, opened.cause().toString());
            return SILENT;
        }
        SdNotify notify = new SdNotify(opened.channel());
        notify.startWatchdog(loop, environment.get("WATCHDOG_USEC"));
        return notify;
    }

    /** Twice in the time systemd waits. */
    private void startWatchdog(IoEventLoop loop, String micros) {
        if (micros != null && micros.matches("[0-9]{1,18}") && Long.parseLong(micros) > 1) {
            long half = Long.parseLong(micros) / 2;
            loop.scheduleAtFixedRate(() -> send("WATCHDOG=1"), half, half, TimeUnit.MICROSECONDS);
        }
    }

    /** @param status one line for {@code systemctl status} */
    public void ready(String status) {
        send("READY=1\nSTATUS=" + status);
    }

    public void stopping() {
        send("STOPPING=1");
    }

    private void send(String state) {
        if (channel != null) {
            channel.writeAndFlush(Unpooled.copiedBuffer(state, StandardCharsets.UTF_8))
                    .addListener(sent -> {
                        if (!sent.isSuccess()) {
                            LOG.debug("systemd was not told {}: {}", state, sent.cause().toString());
                        }
                    });
        }
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close().awaitUninterruptibly();
        }
    }
}
