package io.mptcp.tun;

import io.mptcp.tun.http.HttpStream;
import java.util.function.Consumer;

/** Events to one reader, as lines of JSON or as a browser's event stream. A reader that is too slow loses some and is told how many. On the loop. */
final class EventFeed implements Consumer<ConnectionEvent> {
    private final HttpStream stream;
    private final boolean forBrowser;
    private long lost;

    EventFeed(HttpStream stream, boolean forBrowser) {
        this.stream = stream;
        this.forBrowser = forBrowser;
        if (forBrowser) {
            stream.send(": events of mptcp-tun\n\n"); // makes the browser call the stream open before something happens
        }
    }

    @Override
    public void accept(ConnectionEvent event) {
        if (lost > 0 && stream.send(frame("{\"event\":\"LOST\",\"detail\":\"" + lost + " events\",\"line\":\"[          LOST] (" + lost + " events)\"}"))) {
            lost = 0;
        }
        if (lost > 0 || !stream.send(frame(event.json()))) {
            lost++;
        }
    }

    private String frame(String json) {
        return forBrowser ? "data: " + json + "\n\n" : json + "\n";
    }
}
