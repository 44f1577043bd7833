package io.mptcp.tun;

import io.mptcp.spi.PathStatus;
import io.mptcp.stack.SubflowInfo;
import java.util.List;
import java.util.Locale;

/** Why a connection does not use a path, in words for people: the first question of everybody who has two. */
final class PathUse {
    /** A subflow with less of the connection's bytes than this is not in use to speak of. */
    private static final double NEGLIGIBLE_SHARE = 0.01;

    private PathUse() {
    }

    /**
     * What the path manager says, and where it has no objections, what the schedulers make of it.
     *
     * @param subflow         over the path, null for none
     * @param all             subflows of the connection
     * @param connectionBytes of all of them, both directions
     * @param scheduler       ours, by name
     * @return null when the path is in use
     */
    static String reason(PathStatus path, SubflowInfo subflow, List<SubflowInfo> all, long connectionBytes, String scheduler) {
        if (subflow == null || path.state() != PathStatus.State.USED) {
            return path.reason();
        }
        if (subflow.bytesSent() + subflow.bytesReceived() > NEGLIGIBLE_SHARE * connectionBytes) {
            return null;
        }
        if (connectionBytes == 0) {
            return "nothing to carry yet";
        }
        SubflowInfo fastest = all.stream().filter(other -> other.state().equals("ESTABLISHED") && other.srttNanos() > 0)
                .min((a, b) -> Long.compare(a.srttNanos(), b.srttNanos())).orElse(subflow);
        String found = "the sender's scheduler (ours: " + scheduler + ") found room on others";
        return fastest.id() == subflow.id() ? found
                : found + String.format(Locale.ROOT, ": its round trip is %.0f ms, the best %.0f ms", subflow.srttNanos() / 1e6, fastest.srttNanos() / 1e6);
    }
}
