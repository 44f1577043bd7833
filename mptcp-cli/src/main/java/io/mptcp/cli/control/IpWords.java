package io.mptcp.cli.control;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Arguments as {@code ip mptcp} takes them: words, some of which are followed by a value. Turned into the query of a request. */
final class IpWords {
    private final ArrayDeque<String> words;
    private final CommandLine command;
    private final StringJoiner query = new StringJoiner("&");
    private final StringJoiner flags = new StringJoiner(",");

    IpWords(List<String> words, CommandLine command) {
        this.words = new ArrayDeque<>(words == null ? List.of() : words);
        this.command = command;
    }

    /**
     * Reads all words.
     *
     * @param withValue words that have a value, which go to the query under the same name
     * @param plain     words that stand for themselves
     * @param address   whether one other word may be an address
     */
    IpWords read(Set<String> withValue, Set<String> plain, boolean address) {
        boolean hasAddress = false;
        while (!words.isEmpty()) {
            String word = words.remove();
            if (withValue.contains(word)) {
                if (words.isEmpty()) {
                    throw wrong(word + " needs a value");
                }
                put(word.equals("subflow") ? "subflows" : word, words.remove());
            } else if (plain.contains(word)) {
                flags.add(word);
            } else if (address && !hasAddress) {
                hasAddress = true;
                put("address", word);
            } else {
                throw wrong("'" + word + "' is not known here, known are " + String.join(", ", withValue) + (plain.isEmpty() ? "" : ", " + String.join(", ", plain)));
            }
        }
        return this;
    }

    void put(String name, String value) {
        query.add(ControlClient.parameter(name, value));
    }

    /** Plain words, separated by commas. */
    String flags() {
        return flags.toString();
    }

    String query() {
        return query.toString();
    }

    ParameterException wrong(String message) {
        return new ParameterException(command, message);
    }
}
