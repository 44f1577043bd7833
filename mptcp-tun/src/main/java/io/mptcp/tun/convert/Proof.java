package io.mptcp.tun.convert;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Who sends a message, in a Cookie TLV (RFC 8803 section 6.2.7) that is made from the user's token. The token itself never travels. The value: zeros (16 bits),
 * version 1 (8), what it is bound to (8), length of the user's name (8), the name in UTF-8, for {@link #BY_TIME} milliseconds since 1970 (64) and a nonce (128),
 * HMAC-SHA-256 (256) under the token over {@link #CONTEXT}, what it is bound to, the name, the binding, and the other TLV of the message.
 *
 * <p>Bound {@link #BY_TLS} it is good for one TLS connection: the binding is exported key material of it (RFC 8446 section 7.5), so that neither a copy sent
 * again nor one passed on by somebody in the middle proves anything. Bound {@link #BY_TIME}, without TLS, a converter takes each nonce once, within some time.
 *
 * @param boundBy {@link #BY_TLS} or {@link #BY_TIME}
 * @param user    its name
 * @param millis  when it was made; 0 by TLS
 * @param nonce   16 bytes, empty by TLS
 * @param mac     32 bytes
 */
public record Proof(int boundBy, String user, long millis, byte[] nonce, byte[] mac) {
    public static final int BY_TLS = 1;
    public static final int BY_TIME = 2;
    public static final int NONCE_BYTES = 16;
    public static final int MAX_USER_BYTES = 64;
    /** Of the key material, for {@code exportKeyingMaterialData}. */
    public static final String EXPORTER_LABEL = "EXPORTER-mptcp-tun-relay-hello";
    public static final int EXPORTED_BYTES = 32;

    private static final byte[] CONTEXT = "mptcp-tun relay hello 1".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int MAC_BYTES = 32;

    /** For a message over TLS. @param exported key material of the connection */
    public static Proof overTls(String user, String token, byte[] exported, Tlv asked) {
        return new Proof(BY_TLS, user, 0, new byte[0], mac(BY_TLS, user, token, exported, asked));
    }

    /** For a message in plain TCP. @param nonce 16 random bytes */
    public static Proof overTcp(String user, String token, long millis, byte[] nonce, Tlv asked) {
        return new Proof(BY_TIME, user, millis, nonce, mac(BY_TIME, user, token, time(millis, nonce), asked));
    }

    private static byte[] time(long millis, byte[] nonce) {
        return ByteBuffer.allocate(Long.BYTES + NONCE_BYTES).putLong(millis).put(nonce).array();
    }

    /**
     * Whether it was made by somebody who knows this token, for this message. Takes as long whatever is wrong.
     *
     * @param exported key material of the TLS connection, null without TLS
     */
    public boolean isBy(String token, byte[] exported, Tlv asked) {
        boolean overTls = exported != null;
        byte[] binding = overTls ? exported : time(millis, nonce.length == NONCE_BYTES ? nonce : new byte[NONCE_BYTES]);
        byte[] expected = mac(overTls ? BY_TLS : BY_TIME, user, token, binding, asked);
        return MessageDigest.isEqual(expected, mac) & boundBy == (overTls ? BY_TLS : BY_TIME);
    }

    private static byte[] mac(int boundBy, String user, String token, byte[] binding, Tlv asked) {
        byte[] name = user.getBytes(StandardCharsets.UTF_8);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            // Everything of variable length stands behind its length.
            mac.update(CONTEXT);
            mac.update(new byte[] {(byte) boundBy, (byte) name.length});
            mac.update(name);
            mac.update((byte) binding.length);
            mac.update(binding);
            mac.update((byte) asked.type());
            return mac.doFinal(asked.value());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every platform has it
        }
    }

    public Tlv toTlv() {
        byte[] name = user.getBytes(StandardCharsets.UTF_8);
        ByteBuffer value = ByteBuffer.allocate(5 + name.length + (boundBy == BY_TIME ? Long.BYTES + NONCE_BYTES : 0) + MAC_BYTES);
        value.putShort((short) 0).put((byte) VERSION).put((byte) boundBy).put((byte) name.length).put(name);
        if (boundBy == BY_TIME) {
            value.putLong(millis).put(nonce);
        }
        return new Tlv(Tlv.COOKIE, value.put(mac).array());
    }

    /** @throws ConvertException when it is something else */
    public static Proof of(Tlv cookie) throws ConvertException {
        ByteBuffer value = ByteBuffer.wrap(cookie.value());
        if (value.remaining() < 5 || value.getShort() != 0 || value.get() != VERSION) {
            throw new ConvertException(ConvertError.NOT_AUTHORIZED, "a cookie that is no proof");
        }
        int boundBy = value.get();
        int nameBytes = value.get() & 0xff;
        int bindingBytes = boundBy == BY_TIME ? Long.BYTES + NONCE_BYTES : 0;
        if (boundBy != BY_TLS && boundBy != BY_TIME || nameBytes > MAX_USER_BYTES || value.remaining() < nameBytes + bindingBytes + MAC_BYTES) {
            throw new ConvertException(ConvertError.NOT_AUTHORIZED, "a cookie that is no proof");
        }
        byte[] name = new byte[nameBytes];
        value.get(name);
        long millis = boundBy == BY_TIME ? value.getLong() : 0;
        byte[] nonce = new byte[boundBy == BY_TIME ? NONCE_BYTES : 0];
        byte[] mac = new byte[MAC_BYTES];
        value.get(nonce).get(mac);
        return new Proof(boundBy, new String(name, StandardCharsets.UTF_8), millis, nonce, mac);
    }
}
