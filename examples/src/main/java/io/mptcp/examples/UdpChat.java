package io.mptcp.examples;

import io.mptcp.netty.channel.MptcpServerSocketChannel;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.host.MptcpStack;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A chat in lines of text. TCP segments travel in UDP, which any user may send: nobody has to be root, on either side. */
public final class UdpChat {
    private static final int MAX_LINE_BYTES = 4096;

    private UdpChat() {
    }

    /** {@code server DEVICE PORT} or {@code client DEVICE HOST PORT NAME}; a device may be given twice or more, with commas, for as many paths. */
    public static void main(String[] args) throws Exception {
        if (args.length == 3 && args[0].equals("server")) {
            try (MptcpStack stack = stack(args[1])) {
                Channel server = serve(stack, Integer.parseInt(args[2]));
                System.out.println("listening on " + server.localAddress());
                server.closeFuture().sync();
            }
        } else if (args.length == 5 && args[0].equals("client")) {
            try (MptcpStack stack = stack(args[1])) {
                Channel channel = join(stack, args[2], Integer.parseInt(args[3]), System.out::println);
                talk(channel, args[4], new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
            }
        } else {
            System.err.println("usage: UdpChat server DEVICE PORT | client DEVICE[,DEVICE...] HOST PORT NAME");
            System.exit(2);
        }
    }

    private static MptcpStack stack(String devices) throws Exception {
        MptcpStack.Builder builder = MptcpStack.builder();
        for (String device : devices.split(",")) {
            builder.udpPath(device, null);
        }
        return builder.build();
    }

    private static void talk(Channel channel, String name, BufferedReader input) throws IOException, InterruptedException {
        for (String line = input.readLine(); line != null && channel.isActive(); line = input.readLine()) {
            channel.writeAndFlush(name + ": " + line + '\n');
        }
        channel.close().sync();
    }

    /** What one says all get. */
    static Channel serve(MptcpStack stack, int port) throws InterruptedException {
        ChannelGroup everybody = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        return new ServerBootstrap().group(stack.group()).channelFactory(() -> new MptcpServerSocketChannel(stack))
                .childHandler(lines(new Room(everybody))).bind(port).sync().channel();
    }

    static Channel join(MptcpStack stack, String host, int port, Consumer<String> onLine) throws InterruptedException {
        return new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack)).handler(lines(new SimpleChannelInboundHandler<String>() {
            @Override
            protected void channelRead0(ChannelHandlerContext context, String line) {
                onLine.accept(line);
            }
        })).connect(host, port).sync().channel();
    }

    private static ChannelHandler lines(ChannelHandler handler) {
        return new ChannelInitializer<MptcpSocketChannel>() {
            @Override
            protected void initChannel(MptcpSocketChannel channel) {
                channel.pipeline().addLast(new LineBasedFrameDecoder(MAX_LINE_BYTES), new StringDecoder(StandardCharsets.UTF_8),
                        new StringEncoder(StandardCharsets.UTF_8), handler);
            }
        };
    }

    @ChannelHandler.Sharable
    private static final class Room extends SimpleChannelInboundHandler<String> {
        private final ChannelGroup everybody;

        Room(ChannelGroup everybody) {
            this.everybody = everybody;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            everybody.add(context.channel());
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, String line) {
            everybody.writeAndFlush(line + '\n');
        }
    }
}
