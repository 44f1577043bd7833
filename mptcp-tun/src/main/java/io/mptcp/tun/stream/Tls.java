package io.mptcp.tun.stream;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.mptcp.tun.convert.Proof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLKeyException;
import javax.net.ssl.X509TrustManager;

/** TLS 1.3, and nothing older, between client and relay. */
public final class Tls {
    private static final String VERSION = "TLSv1.3";
    private static final String PIN_PREFIX = "sha256/";
    private static final int PIN_BYTES = 32;

    private Tls() {
    }

    /**
     * For a relay.
     *
     * @param certificate PEM file, with intermediate certificates if there are any
     * @param key         PEM file in PKCS #8 without a password
     * @throws IOException with one line when the files cannot be read or used
     */
    public static SslContext server(Path certificate, Path key) throws IOException {
        for (Path file : new Path[] {certificate, key}) {
            if (!Files.isReadable(file)) {
                throw new IOException(file + " cannot be read: 'mptcp-tun relay-key' makes a key and a certificate");
            }
        }
        try {
            return SslContextBuilder.forServer(certificate.toFile(), key.toFile()).sslProvider(SslProvider.JDK).protocols(VERSION).build();
        } catch (IllegalArgumentException | SSLException e) {
            throw new IOException(certificate + " and " + key + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** For a client that knows the relay's key. @param pin as {@link #pin} makes it */
    public static SslContext pinned(String pin) throws IOException {
        return client(SslContextBuilder.forClient().trustManager(new PinnedKey(parsePin(pin))).endpointIdentificationAlgorithm(null));
    }

    /** For a client that trusts the host's certification authorities, and checks the name. */
    public static SslContext verified() throws IOException {
        return client(SslContextBuilder.forClient());
    }

    private static SslContext client(SslContextBuilder builder) throws IOException {
        try {
            return builder.sslProvider(SslProvider.JDK).protocols(VERSION).build();
        } catch (SSLException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    /** Key material of a connection whose handshake is over (RFC 8446 section 7.5): the same at both ends, and nowhere else. */
    public static byte[] exported(SslHandler tls) {
        return exported(tls, Proof.EXPORTER_LABEL, Proof.EXPORTED_BYTES);
    }

    /** Other key material, by its label. */
    public static byte[] exported(SslHandler tls, String label, int bytes) {
        try {
            return ((ExtendedSSLSession) tls.engine().getSession()).exportKeyingMaterialData(label, new byte[0], bytes);
        } catch (SSLKeyException e) {
            throw new IllegalStateException(e); // the handshake is over
        }
    }

    /** The pin of the first certificate in a PEM file. */
    public static String pin(Path certificate) throws IOException {
        try (var in = Files.newInputStream(certificate)) {
            return pin((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
        } catch (CertificateException e) {
            throw new IOException(certificate + " has no certificate: " + e.getMessage(), e);
        }
    }

    /** {@code sha256/} and the SHA-256 of the public key (SubjectPublicKeyInfo) in Base64, as in RFC 7469 section 2.4. */
    static String pin(X509Certificate certificate) {
        return PIN_PREFIX + Base64.getEncoder().encodeToString(hash(certificate));
    }

    private static byte[] hash(X509Certificate certificate) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException when it is no pin */
    public static byte[] parsePin(String pin) {
        byte[] hash = pin.startsWith(PIN_PREFIX) ? Base64.getDecoder().decode(pin.substring(PIN_PREFIX.length())) : new byte[0];
        if (hash.length != PIN_BYTES) {
            throw new IllegalArgumentException("'" + pin + "' is no pin");
        }
        return hash;
    }

    /** Trusts one key, whoever has signed for it and until when. */
    private record PinnedKey(byte[] pin) implements X509TrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            if (chain.length == 0 || !MessageDigest.isEqual(hash(chain[0]), pin)) {
                throw new CertificateException("the relay has another key than the one pinned: " + (chain.length == 0 ? "none" : Tls.pin(chain[0])));
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("clients have no certificates here");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
