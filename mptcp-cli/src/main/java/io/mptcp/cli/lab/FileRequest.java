package io.mptcp.cli.lab;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;

/**
 * What a client asks the file servers for.
 *
 * @param path  {@code /file} or {@code /sha256}; anything else is unknown
 * @param bytes how much of {@link PseudoRandomFile} it is about; negative when the request does not say it well
 */
record FileRequest(String path, long bytes) {
    private static final long MAX_BYTES = 1L << 40;

    /** Reads a request target such as {@code /file?bytes=1000}. */
    static FileRequest of(String uri) {
        QueryStringDecoder decoder = new QueryStringDecoder(uri);
        List<String> values = decoder.parameters().getOrDefault("bytes", List.of());
        String value = values.isEmpty() ? "" : values.getFirst();
        long bytes = value.matches("\\d{1,13}") && Long.parseLong(value) <= MAX_BYTES ? Long.parseLong(value) : -1;
        return new FileRequest(decoder.path(), bytes);
    }

    /** Whether the answer is the file itself. */
    boolean isForFile() {
        return path.equals("/file") && bytes >= 0;
    }

    /** The answer as text, for everything but the file. */
    String text() {
        if (bytes < 0) {
            return "bytes=N is missing or not a size\n";
        }
        return path.equals("/sha256") ? PseudoRandomFile.sha256(bytes) + "\n" : "there are /file and /sha256\n";
    }

    /** HTTP status code of the answer. */
    int status() {
        if (bytes < 0) {
            return 400;
        }
        return isForFile() || path.equals("/sha256") ? 200 : 404;
    }
}
