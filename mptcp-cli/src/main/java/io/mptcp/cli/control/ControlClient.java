package io.mptcp.cli.control;

import io.mptcp.cli.CommandFailure;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** One request at a time to a daemon: HTTP over its UNIX socket. What goes wrong is a {@link CommandFailure} with the daemon's own words. */
final class ControlClient {
    private static final int OK = 200;
    private static final int READ_BYTES = 64 << 10;

    private final Path socket;

    ControlClient(Path socket) {
        this.socket = socket;
    }

    /** A query parameter. */
    static String parameter(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    Json get(String target) {
        return Json.parse(text("GET", target));
    }

    /** The document as the daemon wrote it. */
    String text(String method, String target) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        call(method, target, body);
        return body.toString(StandardCharsets.UTF_8);
    }

    void post(String target) {
        text("POST", target);
    }

    /** Follows an answer for as long as it goes on, or the daemon does: every piece is written, and flushed, when it comes. */
    void follow(String target, OutputStream out) {
        call("GET", target, out, true);
    }

    private void call(String method, String target, OutputStream out) {
        call(method, target, out, false);
    }

    private void call(String method, String target, OutputStream out, boolean endsWithDaemon) {
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpResponseDecoder());
        try (SocketChannel channel = connect()) {
            ByteBuffer request = StandardCharsets.US_ASCII.encode(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            while (request.hasRemaining()) {
                channel.write(request);
            }
            read(channel, decoder, out, endsWithDaemon);
        } catch (IOException e) {
            throw CommandFailure.failed(socket + ": the daemon's answer broke off (" + e.getMessage() + ")", e);
        } finally {
            decoder.finishAndReleaseAll();
        }
    }

    private void read(SocketChannel channel, EmbeddedChannel decoder, OutputStream out, boolean endsWithDaemon) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        ByteArrayOutputStream error = null;
        boolean begun = false;
        while (channel.read(buffer) >= 0) {
            decoder.writeInbound(Unpooled.copiedBuffer(buffer.flip()));
            buffer.clear();
            begun = true;
            for (Object part = decoder.readInbound(); part != null; part = decoder.readInbound()) {
                if (part instanceof HttpResponse response && response.status().code() != OK) {
                    error = new ByteArrayOutputStream();
                }
                if (part instanceof HttpContent content) {
                    OutputStream target = error == null ? out : error;
                    content.content().readBytes(target, content.content().readableBytes());
                    target.flush();
                }
                ReferenceCountUtil.release(part);
                if (part instanceof LastHttpContent) {
                    if (error != null) {
                        throw CommandFailure.failed(Json.parse(error.toString(StandardCharsets.UTF_8)).get("error").text());
                    }
                    return;
                }
            }
        }
        if (!begun || !endsWithDaemon) {
            throw new IOException("end of file");
        }
    }

    private SocketChannel connect() {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            String why = !Files.exists(socket) ? "there is no such socket" : !Files.isWritable(socket) ? "permission denied" : e.getMessage();
            throw CommandFailure.failed("no mptcp-tun answers at " + socket + " (" + why + "): start it, or name its control socket with --socket", e);
        }
    }
}
