package io.mptcp.netty.channel.suite;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSpdyEchoTest;
import io.netty.testsuite.transport.socket.SocketSslClientRenegotiateTest;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import io.netty.testsuite.transport.socket.SocketSslSessionReuseTest;
import io.netty.testsuite.transport.socket.TrafficShapingHandlerTest;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** As {@link NettyTestsuiteTest}, those of Netty's tests that take minutes: TLS and SPDY in all variations, and shaping, which is about time. */
@Timeout(600)
@EnabledIfSystemProperty(named = "netty.testsuite", matches = "all", disabledReason = "takes minutes, ask for it with -Dnetty.testsuite=all")
class NettyTestsuiteTlsTest {
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
    class SpdyEcho extends SocketSpdyEchoTest {
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
    class SslClientRenegotiate extends SocketSslClientRenegotiateTest {
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
    class SslEcho extends SocketSslEchoTest {
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
    class SslSessionReuse extends SocketSslSessionReuseTest {
        @Override
        @Disabled("of its two variants one needs OpenSSL (netty-tcnative)")
        public void testSslSessionTrustManagerResumption(SslContextBuilder server, SslContextBuilder client, TestInfo info) {
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
    class TrafficShaping extends TrafficShapingHandlerTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return MptcpPermutation.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return MptcpPermutation.address();
        }
    }
}
