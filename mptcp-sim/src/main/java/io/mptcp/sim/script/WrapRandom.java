package io.mptcp.sim.script;

import io.mptcp.spi.RandomSource;
import java.util.Random;

/**
 * Randomness for a stack under test: always the same, and of a kind that finds mistakes. What a stack draws first once it exists may become
 * its key, and the initial data sequence number of each of these keys (64 bits of its SHA-256) lies so close below a multiple of 2^32 that the low
 * half wraps and carries within the first bytes. (A key whose number is as close below 2^64 cannot be found by search.)
 */
final class WrapRandom implements RandomSource {
    /** The far end's key: its IDSN is 12 below a multiple of 2^32. */
    static final long PEER_KEY = 0x427666fba0ab16e1L;
    /** How far below the wrap the first eight keys start, one of which is the key of the first connection; the others at most 1000. */
    static final int CLOSE_KEYS_DISTANCE = 100;
    private static final long[] KEYS = {
            0x72138a261323651cL, 0xd563ab6e15005676L, 0x0ba90575105f14b9L, 0x8441738bec2f5bf9L, 0x8fc1b8ba7f02b165L,
            0xe87d0974f8831407L, 0xa4fbe3653e5695d1L, 0x8da90ea8baafbae5L, 0x2f9d7979fee91893L, 0x77edd3733d8a1156L,
            0xda4c595d8965991fL, 0xc3c21b7df3920424L, 0xd1a5e4be492a8c7bL, 0x2addfc503f86249eL, 0xfa1ab18c0ff304bbL,
            0x2f52f589fb86fd59L, 0x58d902b676143737L, 0x24fb1a51daf47d21L, 0x3815b9251007c657L, 0xcaf629bba0efdb57L,
            0x04fe68a83bc38321L, 0x302d6abab3b3a91cL, 0x4468cb0777074834L, 0x13f7bc97dc417693L, 0x204a13837f580d0cL,
    };

    private final Random other = new Random(1);
    private boolean givesKeys;
    private int given;

    /** The stack is made, with all its secrets: what is drawn from now on may become a key. */
    void giveKeys() {
        givesKeys = true;
    }

    @Override
    public long nextLong() {
        return givesKeys && given < KEYS.length ? KEYS[given++] : other.nextLong();
    }
}
