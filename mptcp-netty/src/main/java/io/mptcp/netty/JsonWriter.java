package io.mptcp.netty;

/**
 * Writes one JSON document (RFC 8259) without line breaks. Commas and quoting are its business, balance of the brackets the caller's:
 * an unbalanced document is an {@link IllegalStateException}.
 */
public final class JsonWriter {
    private static final int MAX_DEPTH = 64;

    private final StringBuilder text = new StringBuilder(512);
    private final char[] closers = new char[MAX_DEPTH];
    private int depth;
    private boolean needsComma;
    private boolean afterName;

    public JsonWriter beginObject() {
        return open('{', '}');
    }

    public JsonWriter endObject() {
        return close('}');
    }

    public JsonWriter beginArray() {
        return open('[', ']');
    }

    public JsonWriter endArray() {
        return close(']');
    }

    /** Name of the next member of an object. */
    public JsonWriter name(String name) {
        if (depth == 0 || closers[depth - 1] != '}' || afterName) {
            throw new IllegalStateException("a name belongs into an object");
        }
        separate();
        quote(name);
        text.append(':');
        afterName = true;
        needsComma = false;
        return this;
    }

    /** A string, or null. */
    public JsonWriter value(String value) {
        before();
        if (value == null) {
            text.append("null");
        } else {
            quote(value);
        }
        needsComma = true;
        return this;
    }

    public JsonWriter value(long value) {
        before();
        text.append(value);
        needsComma = true;
        return this;
    }

    public JsonWriter value(boolean value) {
        before();
        text.append(value);
        needsComma = true;
        return this;
    }

    /** A number with at most three decimals; NaN and infinities, which JSON does not know, become null. */
    public JsonWriter value(double value) {
        if (!Double.isFinite(value)) {
            return value((String) null);
        }
        before();
        // BigDecimal, not String.format: independent of the locale.
        var rounded = java.math.BigDecimal.valueOf(value).setScale(3, java.math.RoundingMode.HALF_UP).stripTrailingZeros();
        text.append(rounded.signum() == 0 ? "0" : rounded.toPlainString());
        needsComma = true;
        return this;
    }

    public JsonWriter member(String name, String value) {
        return name(name).value(value);
    }

    public JsonWriter member(String name, long value) {
        return name(name).value(value);
    }

    public JsonWriter member(String name, boolean value) {
        return name(name).value(value);
    }

    public JsonWriter member(String name, double value) {
        return name(name).value(value);
    }

    /** The whole document. */
    @Override
    public String toString() {
        if (depth != 0) {
            throw new IllegalStateException(depth + " brackets are not closed");
        }
        return text.toString();
    }

    private JsonWriter open(char opener, char closer) {
        before();
        if (depth == MAX_DEPTH) {
            throw new IllegalStateException("deeper than " + MAX_DEPTH);
        }
        text.append(opener);
        closers[depth++] = closer;
        needsComma = false;
        return this;
    }

    private JsonWriter close(char closer) {
        if (depth == 0 || closers[depth - 1] != closer || afterName) {
            throw new IllegalStateException("nothing to close with " + closer);
        }
        text.append(closer);
        depth--;
        needsComma = true;
        return this;
    }

    private void before() {
        if (depth > 0 && closers[depth - 1] == '}' && !afterName) {
            throw new IllegalStateException("a value in an object needs a name");
        }
        separate();
        afterName = false;
    }

    private void separate() {
        if (needsComma) {
            text.append(',');
        }
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    // Control characters must be escaped; U+2028/2029 and lone surrogates are, because consumers stumble over them.
                    if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029 || isLoneSurrogate(value, i)) {
                        text.append("\\u").append(String.format("%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    private static boolean isLoneSurrogate(String value, int i) {
        char c = value.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
    }
}
