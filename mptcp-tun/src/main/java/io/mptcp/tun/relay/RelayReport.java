package io.mptcp.tun.relay;

import io.mptcp.netty.JsonWriter;
import java.util.List;
import java.util.Map;

/**
 * What a relay is doing, at one moment.
 *
 * @param connections of clients, now
 * @param halfOpen    those of them that have not said yet who they are
 * @param users       in the order of the configuration
 * @param refusals    so far, by reason
 * @param counters    of the stack that are not zero, under the kernel's MIB names; empty where the kernel takes the connections
 */
record RelayReport(int connections, int halfOpen, List<RelayUser.Use> users, Map<String, Long> refusals, Map<String, Long> counters) {
    /** One JSON object without a line break. */
    String json() {
        JsonWriter json = new JsonWriter();
        json.beginObject().member("connections", connections).member("half_open", halfOpen).name("users").beginArray();
        for (RelayUser.Use user : users) {
            json.beginObject().member("name", user.name()).member("connections", user.active()).member("accepted", user.accepted())
                    .member("refused", user.refused()).member("sent_bytes", user.sentBytes()).member("received_bytes", user.receivedBytes());
            if (user.rate() != null) {
                json.member("rate", user.rate()).member("waits", user.waits()).member("dropped_datagrams", user.droppedDatagrams());
            }
            if (user.quota() != null) {
                json.member("quota", user.quota()).member("quota_used_bytes", user.quotaUsedBytes());
            }
            json.endObject();
        }
        json.endArray().name("refused").beginObject();
        refusals.forEach(json::member);
        json.endObject().name("counters").beginObject();
        counters.forEach(json::member);
        return json.endObject().endObject().toString();
    }
}
