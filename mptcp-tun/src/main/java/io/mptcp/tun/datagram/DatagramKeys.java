package io.mptcp.tun.datagram;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens datagrams of one session: AES-128-GCM (RFC 5116), the first {@link #HEADER_BYTES} in the clear and authenticated. Each direction has a key of its
 * own, exported from the TLS connection the session belongs to, and never uses a number twice. For one thread.
 */
public final class DatagramKeys {
    /** Session (64 bits) and number (64 bits). */
    public static final int HEADER_BYTES = 16;
    public static final int TAG_BYTES = 16;
    /** Of key material for a direction: key and initialisation vector. */
    public static final int EXPORTED_BYTES = 28;
    public static final String CLIENT_LABEL = "EXPORTER-mptcp-tun-datagrams-client";
    public static final String RELAY_LABEL = "EXPORTER-mptcp-tun-datagrams-relay";

    private static final int KEY_BYTES = 16;
    private static final int TAG_BITS = 8 * TAG_BYTES;

    private final Direction out;
    private final Direction in;

    /** Key material of our direction and of the peer's, {@link #EXPORTED_BYTES} each. */
    public DatagramKeys(byte[] ours, byte[] theirs) {
        this.out = new Direction(ours, Cipher.ENCRYPT_MODE);
        this.in = new Direction(theirs, Cipher.DECRYPT_MODE);
    }

    /** A datagram with this payload. */
    byte[] seal(long session, long number, byte[] payload, int length) {
        byte[] sealed = new byte[HEADER_BYTES + length + TAG_BYTES];
        ByteBuffer.wrap(sealed).putLong(session).putLong(number);
        if (out.run(number, sealed, payload, 0, length, sealed, HEADER_BYTES) < 0) {
            throw new IllegalStateException("a datagram cannot be sealed");
        }
        return sealed;
    }

    /** The payload of a datagram, null when it is not the peer's. */
    byte[] open(byte[] sealed) {
        int length = sealed.length - HEADER_BYTES - TAG_BYTES;
        if (length < 0) {
            return null;
        }
        byte[] payload = new byte[length];
        int opened = in.run(ByteBuffer.wrap(sealed).getLong(Long.BYTES), sealed, sealed, HEADER_BYTES, length + TAG_BYTES, payload, 0);
        return opened == length ? payload : null;
    }

    private static final class Direction {
        private final SecretKeySpec key;
        private final byte[] vector;
        private final int mode;
        private final Cipher cipher;

        Direction(byte[] material, int mode) {
            this.key = new SecretKeySpec(material, 0, KEY_BYTES, "AES");
            this.vector = Arrays.copyOfRange(material, KEY_BYTES, EXPORTED_BYTES);
            this.mode = mode;
            try {
                this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every platform has it
            }
        }

        /** @return bytes written, -1 when the tag is wrong */
        int run(long number, byte[] header, byte[] from, int offset, int length, byte[] to, int toOffset) {
            // RFC 8446 section 5.3: the number, padded, exclusive-or the vector.
            byte[] nonce = vector.clone();
            for (int i = 0; i < Long.BYTES; i++) {
                nonce[nonce.length - 1 - i] ^= (byte) (number >>> 8 * i);
            }
            try {
                cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
                cipher.updateAAD(header, 0, HEADER_BYTES);
                return cipher.doFinal(from, offset, length, to, toOffset);
            } catch (GeneralSecurityException e) {
                return -1;
            }
        }
    }
}
