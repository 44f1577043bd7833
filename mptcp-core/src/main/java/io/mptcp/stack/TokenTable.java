package io.mptcp.stack;

/**
 * Connections by token: a hash table from int with open addressing, linear probing and removal without tombstones. Tokens are hashes
 * of keys this side has drawn (RFC 8684 section 3.2), so no peer can aim them; they are used as they are.
 */
final class TokenTable<T> {
    private static final int FIRST_CAPACITY = 16;

    private int[] tokens = new int[FIRST_CAPACITY];
    /** Null where there is no entry. */
    private Object[] values = new Object[FIRST_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    /** The value under this token, or null. */
    T get(int token) {
        return cast(values[find(token)]);
    }

    boolean contains(int token) {
        return values[find(token)] != null;
    }

    /** Adds or replaces. @return the value it replaces, or null */
    T put(int token, T value) {
        if (value == null) {
            throw new IllegalArgumentException("a token must have a value");
        }
        if (2 * (size + 1) > values.length) {
            grow();
        }
        int index = find(token);
        Object replaced = values[index];
        tokens[index] = token;
        values[index] = value;
        if (replaced == null) {
            size++;
        }
        return cast(replaced);
    }

    /** @return the value that was under this token, or null */
    T remove(int token) {
        int index = find(token);
        Object removed = values[index];
        if (removed != null) {
            closeGap(index);
            size--;
        }
        return cast(removed);
    }

    private int find(int token) {
        int mask = values.length - 1;
        int index = token & mask;
        while (values[index] != null && tokens[index] != token) {
            index = index + 1 & mask;
        }
        return index;
    }

    /** Moves entries behind the gap into it as long as that does not take one before its home. */
    private void closeGap(int gap) {
        int mask = values.length - 1;
        for (int index = gap + 1 & mask; values[index] != null; index = index + 1 & mask) {
            int distanceFromHome = index - tokens[index] & mask;
            int distanceFromGap = index - gap & mask;
            if (distanceFromHome >= distanceFromGap) {
                tokens[gap] = tokens[index];
                values[gap] = values[index];
                gap = index;
            }
        }
        values[gap] = null;
    }

    private void grow() {
        int[] oldTokens = tokens;
        Object[] oldValues = values;
        tokens = new int[2 * oldTokens.length];
        values = new Object[tokens.length];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != null) {
                int index = find(oldTokens[i]);
                tokens[index] = oldTokens[i];
                values[index] = oldValues[i];
            }
        }
    }

    @SuppressWarnings("unchecked") // only put() fills the array
    private T cast(Object value) {
        return (T) value;
    }
}
