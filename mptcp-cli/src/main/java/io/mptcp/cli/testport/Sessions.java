package io.mptcp.cli.testport;

import java.util.LinkedHashMap;
import java.util.Map;

/** The sessions there are. */
final class Sessions {
    /** Each has a stack of its own: more clients than this are not answered for lack of memory but refused. */
    private static final int MAX_SESSIONS = 256;

    private final Map<Long, Session> sessions = new LinkedHashMap<>();
    private long lastId;

    synchronized Session begin(long nowMicros, Settings settings) throws Frame.Malformed {
        if (sessions.size() >= MAX_SESSIONS) {
            throw new Frame.Malformed("there are already " + MAX_SESSIONS + " sessions");
        }
        Session session = new Session(++lastId, nowMicros, settings);
        sessions.put(session.id(), session);
        return session;
    }

    synchronized Session find(long id) {
        return sessions.get(id);
    }

    /** The one that began last, null when there is none. */
    synchronized Session newest() {
        return sessions.isEmpty() ? null : sessions.values().stream().toList().getLast();
    }

    synchronized int count() {
        return sessions.size();
    }

    void end(Session session) {
        session.end();
        synchronized (this) { // last: who no longer finds it may rely on its being over
            sessions.remove(session.id());
        }
    }
}
