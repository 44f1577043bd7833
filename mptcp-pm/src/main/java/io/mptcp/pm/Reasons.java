package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.PathStatus.State;
import io.mptcp.spi.SubflowState;
import java.util.Locale;

/** Why a path is used or not, in words for people. */
final class Reasons {
    private static final double NANOS_PER_SECOND = 1e9;

    private Reasons() {
    }

    static PathStatus ofSubflow(PathCommands commands, SubflowState subflow, int endpointId) {
        State state;
        String reason;
        if (!subflow.established()) {
            state = State.JOINING;
            reason = "waiting for " + subflow.remote() + " to answer";
        } else if (subflow.closing()) {
            state = State.UNUSED;
            reason = "the subflow is being closed";
        } else if (subflow.stale()) {
            state = State.STALE;
            reason = "stale: nothing was heard for " + seconds(commands.nowNanos() - subflow.lastHeardNanos());
        } else if (commands.fallbackReason() != null) {
            state = State.USED;
            reason = "plain TCP: " + fallback(commands.fallbackReason());
        } else if (subflow.isBackup() && othersWork(commands, subflow)) {
            state = State.BACKUP;
            reason = (subflow.localBackup() ? "backup" : "the peer wants it as backup") + ", and others work";
        } else {
            state = State.USED;
            reason = subflow.isBackup() ? "backup, and no other works" : "in use";
        }
        return new PathStatus(subflow.linkId(), endpointId, subflow.local().address(), state, reason, subflow.id());
    }

    private static boolean othersWork(PathCommands commands, SubflowState backup) {
        for (SubflowState subflow : commands.subflows()) {
            if (subflow.id() != backup.id() && subflow.established() && !subflow.isBackup() && !subflow.stale() && !subflow.closing()) {
                return true;
            }
        }
        return false;
    }

    /** @param name counter of the kernel */
    static String fallback(String name) {
        String words = switch (name) {
            case "MPCapableSYNTXDrop" -> "SYNs with MP_CAPABLE were not answered";
            case "MPCapableSYNTXDisabled" -> "SYNs with MP_CAPABLE were lost on the way there before (blackhole)";
            case "MPCapableFallbackSYNACK" -> "the peer does not speak MPTCP, or something on the way removes it";
            case "MPCapableFallbackACK" -> "the third ACK came without MP_CAPABLE";
            default -> null;
        };
        return words == null ? name : words + " (" + name + ")";
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", Math.max(0, nanos) / NANOS_PER_SECOND);
    }
}
