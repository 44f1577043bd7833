package io.mptcp.tun.http;

import io.mptcp.netty.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An answer: a document, or a stream that goes on until one side ends it.
 *
 * @param status      HTTP status code
 * @param contentType media type
 * @param body        the document, null for a stream
 * @param stream      gets the stream once the head of the answer is on its way, null for a document
 * @param headers     further header fields
 */
public record HttpReply(int status, String contentType, byte[] body, Consumer<HttpStream> stream, Map<String, String> headers) {
    public static final String JSON = "application/json";
    public static final String JSON_LINES = "application/x-ndjson";
    public static final String EVENT_STREAM = "text/event-stream";

    public static HttpReply json(String document) {
        return of(JSON, document + "\n");
    }

    public static HttpReply json(JsonWriter document) {
        return json(document.toString());
    }

    public static HttpReply of(String contentType, String text) {
        return new HttpReply(200, contentType, text.getBytes(StandardCharsets.UTF_8), null, Map.of());
    }

    public static HttpReply stream(String contentType, Consumer<HttpStream> stream) {
        return new HttpReply(200, contentType, null, stream, Map.of());
    }

    /** What is wrong, in one line, as {@code {"error": ...}}. */
    public static HttpReply error(int status, String message) {
        String document = new JsonWriter().beginObject().member("error", message).endObject() + "\n";
        return new HttpReply(status, JSON, document.getBytes(StandardCharsets.UTF_8), null, Map.of());
    }

    HttpReply withHeader(String name, String value) {
        return new HttpReply(status, contentType, body, stream, Map.of(name, value));
    }
}
