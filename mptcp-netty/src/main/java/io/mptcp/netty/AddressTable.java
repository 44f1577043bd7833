package io.mptcp.netty;

/**
 * A bounded cache by IP address whose look-ups allocate nothing. When it is full everything is forgotten, which costs its users a question to
 * the kernel for each address they go on using.
 */
final class AddressTable<T> {
    private static final int SLOTS = 1 << 12;
    private static final int LIMIT = SLOTS / 4 * 3;

    private final long[] his = new long[SLOTS];
    private final long[] los = new long[SLOTS];
    private final Object[] values = new Object[SLOTS];
    private int size;

    /** Null when it is not there. */
    @SuppressWarnings("unchecked")
    T get(long hi, long lo) {
        return (T) values[slot(hi, lo)];
    }

    void put(long hi, long lo, T value) {
        if (size == LIMIT) {
            clear();
        }
        int slot = slot(hi, lo);
        if (values[slot] == null) {
            size++;
        }
        his[slot] = hi;
        los[slot] = lo;
        values[slot] = value;
    }

    void clear() {
        java.util.Arrays.fill(values, null);
        size = 0;
    }

    /** Where the address is, or belongs. */
    private int slot(long hi, long lo) {
        long hash = (hi * 31 + lo) * 0x9e37_79b9_7f4a_7c15L;
        int slot = (int) (hash >>> 52);
        while (values[slot] != null && (his[slot] != hi || los[slot] != lo)) {
            slot = slot + 1 & SLOTS - 1;
        }
        return slot;
    }
}
