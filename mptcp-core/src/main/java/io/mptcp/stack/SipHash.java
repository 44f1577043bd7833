package io.mptcp.stack;

/** SipHash-2-4 (Aumasson, Bernstein 2012) of a whole number of 64-bit words: a keyed hash of 64 bits that is cheap for short messages. */
final class SipHash {
    private final long key0;
    private final long key1;
    private long v0;
    private long v1;
    private long v2;
    private long v3;
    private int words;

    /** The two halves of the key, each as a little-endian number. */
    SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    SipHash begin() {
        v0 = 0x736f6d6570736575L ^ key0;
        v1 = 0x646f72616e646f6dL ^ key1;
        v2 = 0x6c7967656e657261L ^ key0;
        v3 = 0x7465646279746573L ^ key1;
        words = 0;
        return this;
    }

    /** Eight bytes of the message, as a little-endian number. */
    SipHash word(long word) {
        words++;
        return compress(word);
    }

    private SipHash compress(long word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
        return this;
    }

    long finish() {
        compress((long) words * 8 << 56);
        v2 ^= 0xff;
        for (int i = 0; i < 4; i++) {
            round();
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private void round() {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }
}
