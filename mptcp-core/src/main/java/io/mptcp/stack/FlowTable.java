package io.mptcp.stack;

/**
 * Flows by their addresses and ports: a hash table with open addressing and linear probing. Looking up allocates nothing; removing
 * shifts the entries behind, so no tombstones pile up. The hash is seeded, so that peers cannot aim at one chain.
 */
final class FlowTable<T extends FlowTable.Entry> {
    /** What has a place in the table. The key must not change while it is in. */
    interface Entry {
        long localHi();

        long localLo();

        int localPort();

        long remoteHi();

        long remoteLo();

        int remotePort();
    }

    private static final int FIRST_CAPACITY = 16;

    private final long seed;
    private Entry[] entries = new Entry[FIRST_CAPACITY];
    /** Hash of the entry at the same index: compared before the key, and the home of an entry when others are shifted. */
    private long[] hashes = new long[FIRST_CAPACITY];
    private int size;

    /** @param seed random and secret, as long as peers choose part of the key */
    FlowTable(long seed) {
        this.seed = seed;
    }

    int size() {
        return size;
    }

    /** Whether any entry has this local port; looks at all of them. */
    boolean hasLocalPort(int port) {
        for (Entry entry : entries) {
            if (entry != null && entry.localPort() == port) {
                return true;
            }
        }
        return false;
    }

    /** The entry with this key, or null. */
    T get(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        long hash = hash(localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
        return cast(entries[find(hash, localHi, localLo, localPort, remoteHi, remoteLo, remotePort)]);
    }

    /** Adds an entry. @return the one that had the same key and is now replaced, or null */
    T put(T entry) {
        if (2 * (size + 1) > entries.length) {
            grow();
        }
        long hash = hash(entry);
        int index = find(hash, entry);
        Entry replaced = entries[index];
        entries[index] = entry;
        hashes[index] = hash;
        if (replaced == null) {
            size++;
        }
        return cast(replaced);
    }

    /** Removes this very entry. @return false if it is not in the table, even if another with the same key is */
    boolean remove(T entry) {
        int index = find(hash(entry), entry);
        if (entries[index] != entry) {
            return false;
        }
        closeGap(index);
        size--;
        return true;
    }

    private int find(long hash, Entry key) {
        return find(hash, key.localHi(), key.localLo(), key.localPort(), key.remoteHi(), key.remoteLo(), key.remotePort());
    }

    /** Index of the entry with this key, or of the free place where it belongs. */
    private int find(long hash, long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        int mask = entries.length - 1;
        int index = (int) hash & mask;
        while (true) {
            Entry entry = entries[index];
            if (entry == null) {
                return index;
            }
            if (hashes[index] == hash && entry.localPort() == localPort && entry.remotePort() == remotePort
                    && entry.remoteLo() == remoteLo && entry.remoteHi() == remoteHi
                    && entry.localLo() == localLo && entry.localHi() == localHi) {
                return index;
            }
            index = index + 1 & mask;
        }
    }

    /** Moves entries behind the gap into it as long as that does not take one before its home. */
    private void closeGap(int gap) {
        int mask = entries.length - 1;
        for (int index = gap + 1 & mask; entries[index] != null; index = index + 1 & mask) {
            int distanceFromHome = index - (int) hashes[index] & mask;
            int distanceFromGap = index - gap & mask;
            if (distanceFromHome >= distanceFromGap) {
                entries[gap] = entries[index];
                hashes[gap] = hashes[index];
                gap = index;
            }
        }
        entries[gap] = null;
    }

    private void grow() {
        Entry[] oldEntries = entries;
        long[] oldHashes = hashes;
        entries = new Entry[2 * oldEntries.length];
        hashes = new long[entries.length];
        int mask = entries.length - 1;
        for (int i = 0; i < oldEntries.length; i++) {
            if (oldEntries[i] != null) {
                int index = (int) oldHashes[i] & mask;
                while (entries[index] != null) {
                    index = index + 1 & mask;
                }
                entries[index] = oldEntries[i];
                hashes[index] = oldHashes[i];
            }
        }
    }

    private long hash(Entry key) {
        return hash(key.localHi(), key.localLo(), key.localPort(), key.remoteHi(), key.remoteLo(), key.remotePort());
    }

    private long hash(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        long hash = mix(seed ^ remoteLo);
        hash = mix(hash ^ remoteHi);
        hash = mix(hash ^ ((long) remotePort << 32 | localPort));
        hash = mix(hash ^ localLo);
        return mix(hash ^ localHi);
    }

    /** The finalizer of MurmurHash3: every bit of the input changes about half of the output bits. */
    private static long mix(long value) {
        value = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
        value = (value ^ value >>> 33) * 0xc4ceb9fe1a85ec53L;
        return value ^ value >>> 33;
    }

    @SuppressWarnings("unchecked") // only put() fills the array
    private T cast(Entry entry) {
        return (T) entry;
    }
}
