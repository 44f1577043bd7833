package io.mptcp.stack;

/**
 * Which tokens are a stack's, where several stacks share addresses and ports: an MP_JOIN may reach any of them, and its token alone says whose
 * connection it is for (RFC 8684 section 3.2). Keys are drawn until their token is the stack's own.
 *
 * @param index number of the stack, from 0
 * @param count how many there are
 */
public record TokenShard(int index, int count) {
    /** A stack that is alone. */
    public static final TokenShard WHOLE = new TokenShard(0, 1);

    public TokenShard {
        if (count < 1 || index < 0 || index >= count) {
            throw new IllegalArgumentException("stack " + index + " of " + count);
        }
    }

    /** The number of the stack whose connection a token names. */
    public int ownerOf(int token) {
        return Integer.remainderUnsigned(token, count);
    }

    boolean owns(int token) {
        return ownerOf(token) == index;
    }
}
