package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What is derived from the keys of a connection: token, initial data sequence number and the HMACs that authenticate joins and
 * addresses (RFC 8684 sections 3.1, 3.2 and 3.4.1). Holds the digest objects, which are costly to make, so one per stack and thread.
 */
public final class Keys {
    /** Bytes of the HMAC that the third ACK of a join carries (RFC 8684 section 3.2). */
    public static final int JOIN_ACK_HMAC_LENGTH = 20;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final String HMAC_SHA256 = "HmacSHA256";

    private final MessageDigest sha256;
    private final Mac hmac;
    private final byte[] key = new byte[8];
    private final byte[] keyPair = new byte[16];
    private final byte[] nonces = new byte[8];

    public Keys() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            hmac = Mac.getInstance(HMAC_SHA256);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256 and HmacSHA256, this one has not", e);
        }
    }

    /** The most significant 32 bits of SHA-256(key): names the connection in MP_JOIN. */
    public int token(long key) {
        return (int) INT.get(digest(key), 0);
    }

    /** The least significant 64 bits of SHA-256(key): the initial data sequence number of the key's owner. */
    public long idsn(long key) {
        return (long) LONG.get(digest(key), 24);
    }

    private byte[] digest(long value) {
        LONG.set(key, 0, value);
        return sha256.digest(key);
    }

    /**
     * The HMAC of a join, whole: HMAC-SHA256(key1 || key2, nonce1 || nonce2). Whoever sends it puts the own key and the own nonce first.
     *
     * @return 32 bytes
     */
    public byte[] hmacSha256(long key1, long key2, int nonce1, int nonce2) {
        INT.set(nonces, 0, nonce1);
        INT.set(nonces, 4, nonce2);
        return hmac(key1, key2, nonces);
    }

    /** The leftmost 64 bits of the HMAC of a join, as in MP_JOIN SYN/ACK. */
    public long joinSynAckHmac(long senderKey, long receiverKey, int senderNonce, int receiverNonce) {
        return (long) LONG.get(hmacSha256(senderKey, receiverKey, senderNonce, receiverNonce), 0);
    }

    /** The leftmost 160 bits of the HMAC of a join, as in the third ACK: 20 bytes. */
    public byte[] joinAckHmac(long senderKey, long receiverKey, int senderNonce, int receiverNonce) {
        return Arrays.copyOf(hmacSha256(senderKey, receiverKey, senderNonce, receiverNonce), JOIN_ACK_HMAC_LENGTH);
    }

    /**
     * Whether a third ACK, whose HMAC arrived as these 8 + 8 + 4 bytes, is of the owner of {@code senderKey}. Takes the same time for
     * every wrong HMAC.
     */
    public boolean verifyJoinAck(long senderKey, long receiverKey, int senderNonce, int receiverNonce, long hmac0, long hmac1, int hmac2) {
        byte[] expected = hmacSha256(senderKey, receiverKey, senderNonce, receiverNonce);
        long difference = ((long) LONG.get(expected, 0) ^ hmac0) | ((long) LONG.get(expected, 8) ^ hmac1)
                | ((int) INT.get(expected, 16) ^ hmac2);
        return difference == 0;
    }

    /**
     * The rightmost 64 bits of the whole HMAC that ADD_ADDR carries (RFC 8684 section 3.4.1; of the 256 bits, as Linux has it).
     *
     * @param addressHi  address as in {@link IpAddress}
     * @param addressLo  an IPv4 address counts with its 4 bytes
     * @param port       0 for none
     */
    public long addAddrHmac(long senderKey, long receiverKey, int addressId, long addressHi, long addressLo, int port) {
        boolean ipv4 = IpAddress.isIpv4(addressHi, addressLo);
        byte[] message = new byte[1 + (ipv4 ? 4 : 16) + 2];
        message[0] = (byte) addressId;
        if (ipv4) {
            INT.set(message, 1, (int) addressLo);
        } else {
            LONG.set(message, 1, addressHi);
            LONG.set(message, 9, addressLo);
        }
        message[message.length - 2] = (byte) (port >> 8);
        message[message.length - 1] = (byte) port;
        return (long) LONG.get(hmac(senderKey, receiverKey, message), 24);
    }

    private byte[] hmac(long key1, long key2, byte[] message) {
        LONG.set(keyPair, 0, key1);
        LONG.set(keyPair, 8, key2);
        try {
            hmac.init(new SecretKeySpec(keyPair, HMAC_SHA256));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 takes keys of any length, this one does not", e);
        }
        return hmac.doFinal(message);
    }
}
