package io.mptcp.cli.demo;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/** A download by an unmodified {@code curl}: what it writes is hashed and timed as it arrives, and not kept. */
final class Download {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int CHUNK_BYTES = 64 << 10;

    private final LabProcess curl;
    private final ArrivalLog arrivals;
    private final Thread reader;
    private final MessageDigest digest = PseudoRandomFile.newSha256();
    private volatile boolean ended;

    private Download(LabProcess curl) {
        this.curl = curl;
        this.arrivals = new ArrivalLog(System.nanoTime());
        this.reader = Thread.ofPlatform().daemon().name("download").start(this::read);
    }

    /** @param timeout after which curl gives up */
    static Download start(LabNamespace namespace, String url, Duration timeout) {
        return new Download(namespace.startPiped(List.of("curl", "--silent", "--show-error", "--fail", "--no-buffer", "--noproxy", "*",
                "--max-time", Long.toString(timeout.toSeconds()), url)));
    }

    ArrivalLog arrivals() {
        return arrivals;
    }

    boolean hasEnded() {
        return ended;
    }

    /**
     * Waits for the end of a download that succeeds.
     *
     * @return SHA-256 of what arrived, in hexadecimal
     * @throws LabException with curl's own words when it failed
     */
    String await(Duration patience) {
        try {
            if (!reader.join(patience)) {
                throw new LabException("curl hangs after " + arrivals.totalBytes() + " bytes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while downloading", e);
        }
        if (curl.awaitExit(PATIENCE) != 0) {
            List<String> errors = curl.lines();
            throw new LabException(errors.isEmpty() ? "curl failed after " + arrivals.totalBytes() + " bytes" : errors.getLast());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void read() {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream content = curl.process().getInputStream()) {
            for (int bytes = content.read(chunk); bytes >= 0; bytes = content.read(chunk)) {
                arrivals.add(System.nanoTime(), bytes);
                digest.update(chunk, 0, bytes);
            }
        } catch (IOException killed) {
            // Its exit code tells that it failed.
        }
        ended = true;
    }
}
