package io.mptcp.tun.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is answered, over real sockets: loopback and a UNIX socket, as any user may open them. */
@Timeout(60)
class HttpServerTest {
    private static final String TOKEN = "0123456789abcdef";
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final HttpServer server = new HttpServer(new HttpRoutes()
            .add("GET /look", _ -> CompletableFuture.completedFuture(HttpReply.json("{}")))
            .add("POST /change", _ -> CompletableFuture.completedFuture(HttpReply.json("{}")))
            .add("GET /events", _ -> CompletableFuture.completedFuture(HttpReply.stream(HttpReply.JSON_LINES, stream -> stream.send("first\n")))));

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        server.close();
    }

    /** The first line of the answer. */
    private static String ask(SocketAddress address, String request, String... fields) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            return firstLine(channel, request, fields);
        }
    }

    private static String firstLine(SocketChannel channel, String request, String... fields) throws IOException {
        String head = request + " HTTP/1.1\r\n" + String.join("\r\n", fields) + (fields.length == 0 ? "\r\n" : "\r\n\r\n");
        channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
        StringBuilder line = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (channel.read(one) == 1 && one.get(0) != '\r') {
            line.append((char) one.get(0));
            one.clear();
        }
        return line.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:9654", "127.0.0.1:9654", "127.1.2.3", "[::1]:9654"})
    void withoutATokenLoopbackNamesAreAnswered(String host) throws IOException {
        assertEquals("HTTP/1.1 200 OK", ask(server.listen(ANY_PORT, null), "GET /look", "Host: " + host));
    }

    /** DNS rebinding: the browser has a page from there, and has been told that the name leads here. */
    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:9654", "192.0.2.1", "[::2]", ""})
    void withoutATokenOtherNamesAreRefused(String host) throws IOException {
        assertEquals("HTTP/1.1 403 Forbidden", ask(server.listen(ANY_PORT, null), "GET /look", "Host: " + host));
    }

    @Test
    void aRequestThatNamesNoHostIsRefused() throws IOException {
        assertEquals("HTTP/1.1 403 Forbidden", ask(server.listen(ANY_PORT, null), "GET /look"));
    }

    @Test
    void changesNeedTheHeaderFieldThatNoOtherPageCanSend() throws IOException {
        InetSocketAddress open = server.listen(ANY_PORT, null);
        assertEquals("HTTP/1.1 403 Forbidden", ask(open, "POST /change", "Host: localhost"));
        assertEquals("HTTP/1.1 200 OK", ask(open, "POST /change", "Host: localhost", "X-Mptcp-Control: 1"));
        InetSocketAddress withToken = server.listen(ANY_PORT, TOKEN);
        assertEquals("HTTP/1.1 403 Forbidden", ask(withToken, "POST /change", "Authorization: Bearer " + TOKEN));
        assertEquals("HTTP/1.1 200 OK", ask(withToken, "POST /change", "Authorization: Bearer " + TOKEN, "X-Mptcp-Control: 1"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /look                            | Host: localhost                                 | 401 Unauthorized
            GET /look                            | Authorization: Bearer 0123456789abcdeg          | 401 Unauthorized
            GET /look                            | Authorization: Bearer 0123456789abcde           | 401 Unauthorized
            GET /look                            | Authorization: 0123456789abcdef                 | 401 Unauthorized
            GET /look?auth=0123456789abcdeg      | Host: localhost                                 | 401 Unauthorized
            GET /look?auth=                      | Host: localhost                                 | 401 Unauthorized
            GET /look                            | Cookie: mptcp-token=x                           | 401 Unauthorized
            GET /look                            | Authorization: Bearer 0123456789abcdef          | 200 OK
            GET /look?auth=0123456789abcdef      | Host: elsewhere.example                         | 200 OK
            GET /look                            | Cookie: a=b; mptcp-token=0123456789abcdef       | 200 OK
            """)
    void whereThereIsATokenOnlyThoseWhoHaveItAreAnswered(String request, String field, String answer) throws IOException {
        assertEquals("HTTP/1.1 " + answer, ask(server.listen(ANY_PORT, TOKEN), request, field));
    }

    @Test
    void anAddressThatOthersReachNeedsAToken() {
        assertThrows(IllegalArgumentException.class, () -> server.listen(new InetSocketAddress(0), null));
    }

    @Test
    void overTheSocketFileWhoeverMayOpenItIsAnswered() throws IOException {
        Path file = folder.resolve("control.sock");
        server.listen(file, "rw-rw----", null);
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("HTTP/1.1 200 OK", ask(UnixDomainSocketAddress.of(file), "POST /change"));
        server.close();
        assertFalse(Files.exists(file));
    }

    @Test
    void aSocketFileThatCannotBeProtectedServesNobody() throws IOException {
        Path file = folder.resolve("control.sock");
        String message = assertThrows(IOException.class, () -> server.listen(file, "rw-rw----", "no-such-group")).getMessage();
        assertEquals(file + ": there is no group no-such-group", message);
        assertThrows(IOException.class, () -> ask(UnixDomainSocketAddress.of(file), "GET /look"));
        assertFalse(Files.exists(file));
        server.listen(file, "rw-------", null); // it can be had again
        assertEquals("HTTP/1.1 200 OK", ask(UnixDomainSocketAddress.of(file), "GET /look"));
    }

    @Test
    void aSocketInUseAndAFileThatIsNoneAreLeftAlone() throws IOException {
        Path file = folder.resolve("control.sock");
        server.listen(file, "rw-------", null);
        assertTrue(assertThrows(IOException.class, () -> server.listen(file, "rw-------", null)).getMessage().contains("in use by another process"));
        assertEquals("HTTP/1.1 200 OK", ask(UnixDomainSocketAddress.of(file), "GET /look"));
        Path text = Files.writeString(folder.resolve("text"), "mine");
        assertTrue(assertThrows(IOException.class, () -> server.listen(text, "rw-------", null)).getMessage().contains("is not a socket"));
        assertEquals("mine", Files.readString(text));
    }

    /** Event streams never end by themselves, and any account may open the TCP port. */
    @Test
    void whoFillsUpOneListenerLocksNobodyOutOfAnother() throws IOException {
        Path file = folder.resolve("control.sock");
        server.listen(file, "rw-------", null);
        InetSocketAddress tcp = server.listen(ANY_PORT, null);
        List<SocketChannel> streams = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                SocketChannel channel = SocketChannel.open(tcp);
                streams.add(channel);
                assertEquals("HTTP/1.1 200 OK", firstLine(channel, "GET /events", "Host: localhost"));
            }
            SocketChannel tooMuch = SocketChannel.open(tcp);
            streams.add(tooMuch);
            assertEquals(-1, tooMuch.read(ByteBuffer.allocate(1)));
            assertEquals("HTTP/1.1 200 OK", ask(UnixDomainSocketAddress.of(file), "GET /look"));
        } finally {
            for (SocketChannel channel : streams) {
                channel.close();
            }
        }
    }
}
