package io.mptcp.cli.interop;

import io.mptcp.cli.lab.PseudoRandomFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;

/** Two streams used at once: one gets the pseudo-random file, the other is read to its end and hashed. */
final class Transfer {
    private static final int CHUNK_BYTES = 64 << 10;

    private Transfer() {
    }

    /** Something that says "no more" on a stream, by closing or by shutting down. */
    interface End {
        void end() throws IOException;
    }

    /** Writes the first bytes of the file in the background, then ends the stream. */
    static CompletableFuture<Void> send(OutputStream stream, long bytes, End end) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("sender").start(() -> {
            try {
                ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
                for (long position = 0; position < bytes; position += chunk.limit()) {
                    chunk.clear().limit((int) Math.min(CHUNK_BYTES, bytes - position));
                    PseudoRandomFile.fill(chunk, position);
                    stream.write(chunk.array(), 0, chunk.limit());
                }
                stream.flush();
                end.end();
                done.complete(null);
            } catch (Throwable t) {
                done.completeExceptionally(t);
            }
        });
        return done;
    }

    /** Reads to the end in the background. */
    static CompletableFuture<Received> receive(InputStream stream) {
        CompletableFuture<Received> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("receiver").start(() -> {
            try {
                MessageDigest digest = PseudoRandomFile.newSha256();
                byte[] chunk = new byte[CHUNK_BYTES];
                long total = 0;
                for (int bytes = stream.read(chunk); bytes >= 0; bytes = stream.read(chunk)) {
                    digest.update(chunk, 0, bytes);
                    total += bytes;
                }
                done.complete(new Received(total, HexFormat.of().formatHex(digest.digest())));
            } catch (Throwable t) {
                done.completeExceptionally(t);
            }
        });
        return done;
    }

    /** What arrived. */
    record Received(long bytes, String sha256) {
        /** What should have. */
        static Received expected(long bytes) {
            return new Received(bytes, PseudoRandomFile.sha256(bytes));
        }
    }
}
