package io.mptcp.netty.channel.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketShutdownOutputByPeerTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketBufReleaseTest;
import io.netty.testsuite.transport.socket.SocketCancelWriteTest;
import io.netty.testsuite.transport.socket.SocketChannelNotYetConnectedTest;
import io.netty.testsuite.transport.socket.SocketCloseForciblyTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketConnectTest;
import io.netty.testsuite.transport.socket.SocketConnectionAttemptTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketExceptionHandlingTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.testsuite.transport.socket.SocketMultipleConnectTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketReadPendingTest;
import io.netty.testsuite.transport.socket.SocketRstTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import io.netty.testsuite.transport.socket.WriteBeforeRegisteredTest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Netty's own tests of its transports ({@code netty-testsuite}), over our channels. What they say of behaviour holds for NIO, epoll and kqueue alike.
 * With the leak detector at its strictest: no buffer may be lost. {@link NettyTestsuiteTlsTest} has those that take longer.
 *
 * <p>Not here: cases of other protocols (Datagram*, Sctp*, UDT*), of event loops (AbstractSingleThreadEventLoopTest and its children), of file descriptors
 * of the kernel (AbstractSocketReuseFdTest), of TLS over a transport of their own (SocketSslLargeCertificateTest), and what is switched off in the artifact
 * itself (ServerSocketSuspendTest, SocketShutdownOutputBySelfTest.testWriteAfterShutdownOutputNoWritabilityChange). Where the other side is a socket of the
 * JDK, which a stack that speaks TCP in UDP cannot reach, it is one of ours here.
 */
@Timeout(300)
class NettyTestsuiteTest {
    private static final LeakWatch LEAKS = new LeakWatch();

    @BeforeAll
    static void watchForLeaks() {
        LEAKS.start();
    }

    @AfterAll
    static void noBufferWasLost() {
        LEAKS.assertNone();
    }

    @Nested
    class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class AutoRead extends SocketAutoReadTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class BufRelease extends SocketBufReleaseTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class CancelWrite extends SocketCancelWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class CloseForcibly extends SocketCloseForciblyTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class ConditionalWritability extends SocketConditionalWritabilityTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class Connect extends SocketConnectTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class DataReadInitialState extends SocketDataReadInitialStateTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class Echo extends SocketEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class ExceptionHandling extends SocketExceptionHandlingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class FileRegion extends SocketFileRegionTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class GatheringWrite extends SocketGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class HalfClosed extends SocketHalfClosedTest {
        @Override
        @Test
        @Disabled("it blocks the event loop until the peer has reset the connection: a kernel hears that meanwhile, a stack on that loop cannot")
        public void testAutoCloseFalseDoesShutdownOutput(TestInfo info) {
        }

        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class MultipleConnect extends SocketMultipleConnectTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class ObjectEcho extends SocketObjectEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class ReadPending extends SocketReadPendingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class Rst extends SocketRstTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class SslGreeting extends SocketSslGreetingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class StartTls extends SocketStartTlsTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class StringEcho extends SocketStringEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class Addresses extends SocketAddressesTest {
        @Override
        protected void assertAddress(SocketAddress address) {
            assertTrue(((InetSocketAddress) address).getPort() > 0);
            assertFalse(((InetSocketAddress) address).getAddress().isAnyLocalAddress());
        }

        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    @Nested
    class ConnectionAttempt extends SocketConnectionAttemptTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return MptcpPermutation.clientSocket();
        }

        /** Port 4 of the original answers with an ICMP message about UDP, which says nothing of TCP: here a stack answers that has no listener. */
        @Override
        @Test
        public void testConnectRefused(TestInfo info) throws Exception {
            refuse(false);
        }

        @Override
        @Test
        public void testConnectRefusedHalfClosure(TestInfo info) throws Exception {
            refuse(true);
        }

        private void refuse(boolean halfClosure) throws Exception {
            Channel gone = MptcpPermutation.socket().getFirst().newServerInstance().childHandler(new ChannelInboundHandlerAdapter())
                    .bind(MptcpPermutation.address()).sync().channel();
            SocketAddress address = gone.localAddress();
            gone.close().sync();
            ChannelFuture refused = newFactories().getFirst().newInstance().handler(new ChannelInboundHandlerAdapter())
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure).connect(address).await();
            assertEquals(ConnectException.class, refused.cause().getClass());
            assertTrue(refused.cause().getMessage().startsWith("connection refused"), refused.cause().getMessage());
            refused.channel().closeFuture().sync();
        }
    }

    @Nested
    class WriteBeforeRegistered extends WriteBeforeRegisteredTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return MptcpPermutation.clientSocket();
        }
    }

    @Nested
    class ChannelNotYetConnected extends SocketChannelNotYetConnectedTest {
        /** The original's server is one of NIO's, which a client that speaks TCP in UDP cannot reach. */
        @Override
        @Test
        public void readMustBePendingUntilChannelIsActive(TestInfo info) throws Throwable {
            Channel server = MptcpPermutation.socket().getFirst().newServerInstance().childHandler(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelActive(ChannelHandlerContext context) {
                    context.writeAndFlush(Unpooled.copyInt(42));
                }
            }).bind(MptcpPermutation.address()).sync().channel();
            CountDownLatch read = new CountDownLatch(1);
            Channel client = newFactories().getFirst().newInstance().option(ChannelOption.AUTO_READ, false).handler(new ByteToMessageDecoder() {
                @Override
                public void handlerAdded(ChannelHandlerContext context) {
                    assertFalse(context.channel().isActive());
                    context.read();
                }

                @Override
                protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
                    if (in.readableBytes() == Integer.BYTES) {
                        assertEquals(42, in.readInt());
                        read.countDown();
                    }
                }
            }).connect(server.localAddress()).sync().channel();
            read.await();
            client.close().sync();
            server.close().sync();
        }

        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return MptcpPermutation.clientSocket();
        }
    }

    /** The original's peer is a socket of the JDK. */
    @Nested
    class ShutdownOutputByPeer extends AbstractSocketShutdownOutputByPeerTest<Socket> {
        @Override
        protected void shutdownOutput(Socket socket) throws IOException {
            socket.shutdownOutput();
        }

        @Override
        protected void connect(Socket socket, SocketAddress address) throws IOException {
            socket.connect(address, 10_000);
        }

        @Override
        protected void close(Socket socket) throws IOException {
            socket.close();
        }

        @Override
        protected void write(Socket socket, int data) throws IOException {
            socket.getOutputStream().write(data);
        }

        @Override
        protected Socket newSocket() {
            try {
                return MptcpPermutation.clientSockets().createSocket();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return MptcpPermutation.serverSocket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }

    /** The cases of SocketShutdownOutputBySelfTest, whose servers are sockets of the JDK. */
    @Nested
    class ShutdownOutputBySelf {
        private final BlockingQueue<Byte> received = new LinkedBlockingQueue<>();
        private ServerSocket listener;

        @BeforeEach
        void listen() throws IOException {
            listener = MptcpPermutation.serverSockets().createServerSocket();
            listener.bind(MptcpPermutation.address());
        }

        @AfterEach
        void close() throws IOException {
            listener.close();
        }

        private SocketChannel connect(Bootstrap bootstrap) throws InterruptedException {
            return (SocketChannel) bootstrap.handler(new SimpleChannelInboundHandler<ByteBuf>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                    received.add(message.readByte());
                }
            }).connect(listener.getLocalSocketAddress()).sync().channel();
        }

        @Test
        void thePeerReadsTheEndAndMayStillWrite() throws Exception {
            SocketChannel channel = connect(MptcpPermutation.clientSocket().getFirst().newInstance());
            try (Socket peer = listener.accept()) {
                channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1})).sync();
                assertEquals(1, peer.getInputStream().read());
                assertFalse(channel.isInputShutdown());
                assertFalse(channel.isOutputShutdown());
                channel.shutdownOutput().sync();
                assertEquals(-1, peer.getInputStream().read());
                assertTrue(channel.isOpen() && channel.isActive() && channel.isOutputShutdown());
                assertFalse(channel.isInputShutdown());
                peer.getOutputStream().write(7);
                assertEquals((byte) 7, received.take());
                assertInstanceOf(ClosedChannelException.class, channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {2})).await().cause());
            }
            channel.close().sync();
        }

        @Test
        void afterCloseThereIsNothingToShutDown() throws Exception {
            SocketChannel channel = connect(MptcpPermutation.clientSocket().getFirst().newInstance());
            try (Socket peer = listener.accept()) {
                channel.close().sync();
                assertInstanceOf(ClosedChannelException.class, channel.shutdownInput().await().cause());
                assertInstanceOf(ClosedChannelException.class, channel.shutdownOutput().await().cause());
                assertEquals(-1, peer.getInputStream().read());
            }
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void lingeringIsNoMatterForShutdown(boolean outputOnly) throws Exception {
            SocketChannel channel = connect(MptcpPermutation.clientSocket().getFirst().newInstance().option(ChannelOption.SO_LINGER, 1));
            try (Socket peer = listener.accept()) {
                (outputOnly ? channel.shutdownOutput() : channel.shutdown()).sync();
                assertEquals(-1, peer.getInputStream().read());
            }
            channel.close().sync();
        }
    }
}
