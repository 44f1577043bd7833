package io.mptcp.cli.perf;

import io.mptcp.netty.JsonWriter;

/**
 * What is measured, as the client tells the server (PARAM_EXCHANGE).
 *
 * @param parallel     connections that carry data at a time
 * @param reverse      the server sends
 * @param seconds      length of the test; 0 when {@code totalBytes} ends it
 * @param omitSeconds  at the beginning, not counted
 * @param totalBytes   the test ends when so much has been sent, 0 for a test of {@code seconds}
 * @param blockBytes   bytes of one write or read
 */
record PerfParameters(int parallel, boolean reverse, int seconds, int omitSeconds, long totalBytes, int blockBytes) {
    static final int MAX_PARALLEL = 128;
    static final int MAX_SECONDS = 86_400;
    static final int MAX_OMIT_SECONDS = 60;
    static final int DEFAULT_BLOCK_BYTES = 128 << 10;
    static final int MAX_BLOCK_BYTES = 1 << 20;

    String json(String version) {
        JsonWriter json = new JsonWriter().beginObject().member("tcp", true).member("omit", omitSeconds).member("time", seconds)
                .member("num", totalBytes).member("blockcount", 0).member("parallel", parallel);
        if (reverse) {
            json.member("reverse", true); // iperf3 only looks whether the key is there
        }
        return json.member("len", blockBytes).member("pacing_timer", 1000).member("client_version", version).endObject().toString();
    }

    /** @throws PerfException when it asks for what is not there */
    static PerfParameters parse(String text) {
        PerfJson json = PerfJson.parse(text);
        for (String key : new String[] {"udp", "sctp", "bidirectional", "authtoken"}) {
            if (json.has(key) && (key.equals("authtoken") || json.flag(key))) {
                throw new PerfException("the client asks for " + key + ", which is not implemented", null);
            }
        }
        return new PerfParameters(json.whole("parallel", 1, 1, MAX_PARALLEL), json.flag("reverse"), json.whole("time", 10, 0, MAX_SECONDS),
                json.whole("omit", 0, 0, MAX_OMIT_SECONDS), (long) json.number("num", 0), json.whole("len", DEFAULT_BLOCK_BYTES, 1, MAX_BLOCK_BYTES));
    }

    /** iperf3 numbers the first stream 1, and the others from 3 on. */
    static int streamId(int index) {
        return index == 0 ? 1 : index + 2;
    }
}
