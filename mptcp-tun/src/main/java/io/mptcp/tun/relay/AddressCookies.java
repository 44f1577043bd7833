package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Cookies that prove a client to receive what is sent to its address (RFC 8803 section 6.2.7): a MAC of the address, under a secret and the hour. One is good
 * in the hour it was given in and the next. Any thread.
 */
final class AddressCookies {
    static final int COOKIE_BYTES = 16;
    static final long EPOCH_MILLIS = TimeUnit.HOURS.toMillis(1);

    private static final byte[] CONTEXT = "mptcp-tun convert cookie 1".getBytes(StandardCharsets.US_ASCII);

    private final SecretKeySpec secret;

    /** @param secret of this relay, or of all that stand behind one address */
    AddressCookies(byte[] secret) {
        this.secret = new SecretKeySpec(secret, "HmacSHA256");
    }

    /** One to give out. @param nowMillis since 1970 */
    byte[] cookie(IpAddress client, long nowMillis) {
        return mac(client, nowMillis / EPOCH_MILLIS);
    }

    /** Whether it was given to this address. Takes as long whatever is wrong. */
    boolean isGood(IpAddress client, byte[] cookie, long nowMillis) {
        long epoch = nowMillis / EPOCH_MILLIS;
        return MessageDigest.isEqual(mac(client, epoch), cookie) | MessageDigest.isEqual(mac(client, epoch - 1), cookie);
    }

    private byte[] mac(IpAddress client, long epoch) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(secret);
            mac.update(CONTEXT);
            return Arrays.copyOf(mac.doFinal(ByteBuffer.allocate(3 * Long.BYTES).putLong(epoch).putLong(client.hi()).putLong(client.lo()).array()), COOKIE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every platform has it
        }
    }
}
