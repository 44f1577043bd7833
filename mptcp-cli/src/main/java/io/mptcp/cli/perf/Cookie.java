package io.mptcp.cli.perf;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** What tells the connections of one test from those of others: 36 characters and a 0, the first bytes of each. */
final class Cookie {
    static final int LENGTH_BYTES = 37;
    private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567";

    private Cookie() {
    }

    static byte[] random() {
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LENGTH_BYTES - 1; i++) {
            text.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
        }
        return text.append('\0').toString().getBytes(StandardCharsets.US_ASCII);
    }
}
