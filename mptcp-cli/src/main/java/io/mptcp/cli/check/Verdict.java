package io.mptcp.cli.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What the observations of a path mean, in one sentence, seen beside those of the other paths to the same server. */
final class Verdict {
    private static final String[] RESET_REASONS = {"unspecified", "MPTCP error", "lack of resources", "administratively prohibited",
        "too much outstanding data", "unacceptable performance", "middlebox interference"};

    private final List<PathResult> all;
    private final PathResult result;
    private final List<Joined> joins;

    Verdict(List<PathResult> all, int index) {
        this.all = all;
        this.result = all.get(index);
        this.joins = all.stream().flatMap(other -> other.joins().stream()).filter(join -> join.pathIndex() == index).toList();
    }

    /** The attempts of this path to join connections that began over others. */
    List<Joined> joins() {
        return joins;
    }

    /** Whether MPTCP works over this path in every way that could be tried. */
    boolean isMptcp() {
        return result.first().isMptcp() && joins.stream().allMatch(join -> join.works() || !join.isConclusive());
    }

    String sentence() {
        List<String> parts = new ArrayList<>();
        parts.add(first() + joined());
        if (result.first().isTcp()) {
            parts.addAll(changes());
        }
        return "path " + result.path().name() + ": " + String.join("; ", parts) + ".";
    }

    // ---- connections that begin here ----

    private String first() {
        boolean serverSpeaksMptcp = all.stream().anyMatch(other -> other.first().isMptcp());
        return switch (result.first()) {
            case MPTCP -> "MPTCP works";
            case NOT_IN_SYN_ACK -> serverSpeaksMptcp
                    ? "MP_CAPABLE is removed on the way: connections that begin here are plain TCP"
                    : "no MP_CAPABLE in the SYN/ACK: the server has no MPTCP, or something on the way removes it; connections are plain TCP";
            case OTHER_VERSION -> "the server answers with MPTCP version " + result.synAck().version() + ", which is not ours: connections are plain TCP";
            case SYN_DROPPED -> (serverSpeaksMptcp ? "SYNs with MP_CAPABLE are dropped on the way" : "SYNs with MP_CAPABLE are not answered, others are")
                    + ": connections that begin here are plain TCP, after some seconds";
            case SYN_RESET -> "SYNs with MP_CAPABLE are reset" + (serverSpeaksMptcp ? " on the way" : "") + ", others are not: only plain TCP works";
            case LOST_ON_FIRST_DATA -> "the handshake passes, but MPTCP options are then removed from " + direction()
                    + ": connections that begin here fall back to TCP";
            case LOST_LATER -> "MPTCP options are removed from " + direction() + " after a good beginning"
                    + (result.fallbackReason() == null ? "" : " (" + result.fallbackReason() + ")") + ": connections that begin here fall back to TCP";
            case PAYLOAD_CHANGED -> "payload is changed on the way, a DSS checksum was wrong: connections that begin here fall back to TCP";
            case DATA_DROPPED -> "the handshake passes, but data with MPTCP options does not arrive, other data does";
            case UNMAPPED -> "MPTCP options are removed from data to the server, which then waits for them: connections stall, plain TCP works";
            case RESET_LATER -> "connections are reset when data with MPTCP options is sent, plain TCP works";
            case NO_DATA -> "connections can be opened, but no data is acknowledged, with MPTCP or without";
            case REFUSED -> "connection refused, with MPTCP and without";
            case SILENT -> "no answer, with MPTCP or without";
            case UNREACHABLE -> "the host is unreachable";
            case NO_ROUTE -> "it has no route to the server";
            case DOWN -> "the interface is down";
        };
    }

    /** A DSS or an announced address that came shows that options survive the way back. */
    private String direction() {
        boolean inboundPasses = result.flow().hasDss() || !result.announced().isEmpty();
        return inboundPasses ? "data to the server" : "data or its acknowledgments";
    }

    // ---- as a joined subflow ----

    private String joined() {
        List<Joined> failed = joins.stream().filter(join -> join.isConclusive() && !join.works()).toList();
        boolean works = joins.stream().anyMatch(Joined::works);
        boolean begins = result.first().isMptcp();
        if (!result.path().isUsable() || joins.isEmpty()) {
            return "";
        }
        if (failed.isEmpty()) {
            return works ? begins ? ", as the first subflow and as a joined one" : ", but it can join connections that begin elsewhere"
                    : "; whether it can join others is unknown: " + reason(joins.getFirst());
        }
        return (begins ? ", but it cannot join" : ", and it cannot join") + (works ? " every connection" : " others") + ": " + reason(failed.getFirst());
    }

    private static String reason(Joined join) {
        return switch (join.outcome()) {
            case WORKS -> "";
            case DENIED -> "the server takes no joins at its address (flag C)";
            case SERVER_ENDED -> "the server ended the connection first";
            case NOT_OPENED -> "the subflow could not be opened";
            case NO_ANSWER -> "SYNs with MP_JOIN are not answered";
            case NOT_IN_SYN_ACK -> "MP_JOIN is removed on the way";
            case REFUSED -> "SYNs with MP_JOIN are answered with a reset" + resetReason(join.resetReason());
            case LOST_AFTER_SYN_ACK -> "MP_JOIN is lost behind the SYN/ACK" + resetReason(join.resetReason());
            case NO_DATA -> "data over it does not arrive, or loses its options" + resetReason(join.resetReason());
        };
    }

    private static String resetReason(int reason) {
        return reason < 0 ? "" : " (MP_TCPRST: " + (reason < RESET_REASONS.length ? RESET_REASONS[reason] : "reason " + reason) + ")";
    }

    // ---- what was changed ----

    /** The SYN/ACK over this path: of its own connection, or of one it joined. */
    SynAck synAck() {
        SynAck own = result.synAck();
        return own != null ? own : joins.stream().map(join -> join.flow().synAck()).filter(answer -> answer != null).findFirst().orElse(null);
    }

    /** TCP options the server agreed to over another path and not over this one. */
    List<String> removedOptions() {
        List<String> removed = new ArrayList<>();
        SynAck own = synAck();
        if (own != null) {
            addIfRemoved(removed, "SACK", SynAck::sackPermitted);
            addIfRemoved(removed, "timestamps", SynAck::timestamps);
            addIfRemoved(removed, "window scale", SynAck::windowScale);
            if (own.ecnAsked()) {
                addIfRemoved(removed, "ECN", SynAck::ecn);
            }
        }
        return removed;
    }

    private void addIfRemoved(List<String> removed, String name, Predicate<SynAck> has) {
        boolean elsewhere = all.stream().map(PathResult::synAck).anyMatch(answer -> answer != null && has.test(answer));
        if (elsewhere && !has.test(synAck())) {
            removed.add(name);
        }
    }

    /** The largest MSS over any path. */
    private PathResult largestMss() {
        PathResult largest = result;
        for (PathResult other : all) {
            boolean larger = other.synAck() != null && (largest.synAck() == null || other.synAck().mssBytes() > largest.synAck().mssBytes());
            largest = larger ? other : largest;
        }
        return largest;
    }

    /** The MSS over another path if it is larger, else 0. */
    int largerMssBytes() {
        SynAck own = result.synAck();
        SynAck largest = largestMss().synAck();
        return own != null && largest.mssBytes() > own.mssBytes() ? largest.mssBytes() : 0;
    }

    boolean isEcnCleared() {
        return result.flow().isEcnCleared() || joins.stream().anyMatch(join -> join.flow().isEcnCleared());
    }

    /** The path MTU found, by any subflow over this path; 0 when no full packet could be sent. */
    int pmtuBytes() {
        return Math.max(result.pmtuBytes(), joins.stream().mapToInt(Joined::pmtuBytes).max().orElse(0));
    }

    private List<String> changes() {
        List<String> changes = new ArrayList<>();
        List<String> removed = removedOptions();
        if (!removed.isEmpty()) {
            changes.add(listed(removed) + (removed.size() == 1 ? " is" : " are") + " removed from the handshake on the way");
        }
        if (largerMssBytes() > 0) {
            changes.add("the MSS is clamped to " + result.synAck().mssBytes() + " (" + largerMssBytes() + " over " + largestMss().path().name() + ")");
        }
        if (isEcnCleared()) {
            changes.add("ECN marks are cleared on the way");
        }
        if (result.flow().isMissingTimestamps()) {
            changes.add("timestamps are removed behind the handshake");
        }
        if (pmtuBytes() > 0 && pmtuBytes() < result.path().mtuBytes()) {
            changes.add("the path MTU is " + pmtuBytes() + ", less than the interface's " + result.path().mtuBytes());
        }
        if (result.first().isMptcp() && !result.answered()) {
            changes.add("the server did not answer the request");
        }
        return changes;
    }

    private static String listed(List<String> words) {
        int last = words.size() - 1;
        return last == 0 ? words.getFirst() : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
    }
}
