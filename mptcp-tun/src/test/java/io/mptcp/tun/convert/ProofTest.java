package io.mptcp.tun.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What proves that a hello is by a user, and for this connection. */
class ProofTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final byte[] EXPORTED = "key material of one TLS session!".getBytes();
    private static final byte[] NONCE = "sixteen bytes it".getBytes();
    private static final Tlv ASKED = ConnectTlv.of(new IpEndpoint(IpAddress.parse("192.0.2.1"), 80));

    private static Proof sent(Proof proof) throws ConvertException {
        return Proof.of(proof.toTlv());
    }

    @Test
    void itIsGoodForOneTlsConnectionOneUserAndOneDestination() throws Exception {
        Proof proof = sent(Proof.overTls("alice", TOKEN, EXPORTED, ASKED));
        assertEquals("alice", proof.user());
        assertTrue(proof.isBy(TOKEN, EXPORTED, ASKED));
        assertFalse(proof.isBy(TOKEN.replace('0', '1'), EXPORTED, ASKED), "another token");
        assertFalse(proof.isBy(TOKEN, "key material of another session!".getBytes(), ASKED), "sent again on another connection");
        assertFalse(proof.isBy(TOKEN, EXPORTED, ConnectTlv.of(new IpEndpoint(IpAddress.parse("192.0.2.1"), 81))), "another destination");
        assertFalse(new Proof(proof.boundBy(), "bob", 0, proof.nonce(), proof.mac()).isBy(TOKEN, EXPORTED, ASKED), "in another name");
        assertFalse(proof.isBy(TOKEN, null, ASKED), "without TLS");
    }

    @Test
    void withoutTlsItIsBoundToATimeAndANonce() throws Exception {
        Proof proof = sent(Proof.overTcp("alice", TOKEN, 1_800_000_000_000L, NONCE, ASKED));
        assertEquals(1_800_000_000_000L, proof.millis());
        assertArrayEquals(NONCE, proof.nonce());
        assertTrue(proof.isBy(TOKEN, null, ASKED));
        assertFalse(new Proof(proof.boundBy(), "alice", proof.millis() + 1, NONCE, proof.mac()).isBy(TOKEN, null, ASKED));
        assertFalse(proof.isBy(TOKEN, EXPORTED, ASKED), "over TLS it has to be bound to that");
    }

    @Test
    void whatIsNoProofIsRefusedAsSuch() {
        byte[] value = Proof.overTls("alice", TOKEN, EXPORTED, ASKED).toTlv().value();
        for (int length = 2; length < value.length; length += 4) {
            byte[] shortened = Arrays.copyOf(value, length);
            assertEquals(ConvertError.NOT_AUTHORIZED, assertThrows(ConvertException.class, () -> Proof.of(new Tlv(Tlv.COOKIE, shortened))).error());
        }
        value[2] = 9;
        assertThrows(ConvertException.class, () -> Proof.of(new Tlv(Tlv.COOKIE, value)), "another version");
    }
}
