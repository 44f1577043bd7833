package io.mptcp.tun.stream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Makes a relay's key and a certificate that it signs itself: for clients that know the pin. */
public final class RelayKey {
    private static final String ALIAS = "relay";
    private static final String PASSWORD = "changeit"; // of a file that is gone a moment later
    private static final int VALID_DAYS = 36_500; // a pin has no date

    private RelayKey() {
    }

    /**
     * Writes both as PEM, the key readable for its owner and group only. Uses keytool, which every Java runtime has.
     *
     * @return the pin for the clients
     * @throws IOException with one line, also when one of the files is there
     */
    public static String write(Path certificate, Path key) throws IOException {
        for (Path file : List.of(certificate, key)) {
            if (Files.exists(file)) {
                throw new IOException(file + ": is there already, remove it first");
            }
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        Path folder = Files.createTempDirectory("mptcp-relay-key"); // for this user only
        try {
            KeyStore store = generate(folder.resolve("relay.p12"));
            writePem(key, "PRIVATE KEY", store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded(), "rw-r-----");
            writePem(certificate, "CERTIFICATE", store.getCertificate(ALIAS).getEncoded(), "rw-r--r--");
        } catch (GeneralSecurityException e) {
            throw new IOException("no key could be made: " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(folder.resolve("relay.p12"));
            Files.delete(folder);
        }
        return Tls.pin(certificate);
    }

    private static KeyStore generate(Path file) throws IOException, GeneralSecurityException {
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", ALIAS,
                "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=mptcp-tun relay", "-validity", Integer.toString(VALID_DAYS),
                "-keystore", file.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD).redirectErrorStream(true).start();
        keytool.getOutputStream().close();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (keytool.waitFor() != 0) {
                throw new IOException("keytool: " + said.replaceAll("\\s+", " "));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private static void writePem(Path file, String what, byte[] bytes, String permissions) throws IOException {
        String text = "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
        Set<OpenOption> how = Set.copyOf(EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW));
        try (var channel = Files.newByteChannel(file, how, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)))) {
            channel.write(java.nio.ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        }
    }
}
