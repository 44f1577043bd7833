package io.mptcp.cli.interop;

import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** The side of a connection that the kernel has: follows its plan with blocking calls, on threads of its own. */
final class KernelStream {
    private static final int CHUNK_BYTES = 64 << 10;

    private final StreamPlan plan;
    private final KernelMptcpSocket socket;
    private final CountDownLatch go;
    private final CountDownLatch peerHasEnded = new CountDownLatch(1);
    private final Content content = new Content();
    private final CompletableFuture<Void> sent = new CompletableFuture<>();

    private KernelStream(StreamPlan plan, KernelMptcpSocket socket, CountDownLatch go) {
        this.plan = plan;
        this.socket = socket;
        this.go = go;
    }

    /** @return what went wrong, empty when nothing did */
    static CompletableFuture<String> start(StreamPlan plan, KernelMptcpSocket socket, CountDownLatch go) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        KernelStream stream = new KernelStream(plan, socket, go);
        Thread.ofPlatform().daemon().name("kernel-writer").start(stream::write);
        Thread.ofPlatform().daemon().name("kernel-reader").start(() -> {
            try {
                outcome.complete(stream.run());
            } catch (IOException e) {
                boolean expected = plan.end() == StreamPlan.End.BE_ABORTED && e.getMessage().contains("onnection reset");
                outcome.complete(expected ? stream.content.fault() : "the kernel's side after " + stream.content.bytes() + " bytes: " + e.getMessage());
            } catch (Throwable t) {
                outcome.complete("the kernel's side: " + t);
            } finally {
                stream.peerHasEnded.countDown();
                socket.close();
            }
        });
        return outcome;
    }

    private String run() throws IOException {
        boolean toTheEnd = plan.end() != StreamPlan.End.CLOSE_FIRST && plan.end() != StreamPlan.End.ABORT;
        read(toTheEnd ? Long.MAX_VALUE : plan.expectBytes());
        peerHasEnded.countDown();
        if (plan.end() == StreamPlan.End.ABORT) {
            // A socket closed with something left to read makes the kernel send MP_FASTCLOSE.
            return socket.awaitReadable() ? content.fault() : "the stream ended before it could be aborted";
        }
        if (plan.end() == StreamPlan.End.BE_ABORTED) {
            return "it ended in order after " + content.bytes() + " bytes";
        }
        sent.join();
        return content.bytes() == plan.expectBytes() ? content.fault() : "the kernel got " + content.bytes() + " bytes of " + plan.expectBytes();
    }

    private void read(long limit) throws IOException {
        InputStream in = socket.inputStream();
        byte[] chunk = new byte[CHUNK_BYTES];
        while (content.bytes() < limit) {
            int bytes = in.read(chunk, 0, (int) Math.min(CHUNK_BYTES, limit - content.bytes()));
            if (bytes < 0) {
                return;
            }
            content.add(chunk, bytes);
        }
    }

    private void write() {
        try {
            OutputStream out = socket.outputStream();
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            for (int position = 0; position < plan.sendBytes(); position += chunk.limit()) {
                chunk.clear().limit(position == 0 ? 1 : Math.min(CHUNK_BYTES, plan.sendBytes() - position));
                PseudoRandomFile.fill(chunk, position);
                out.write(chunk.array(), 0, chunk.limit());
                if (position == 0) {
                    go.await();
                    if (plan.answers()) {
                        peerHasEnded.await();
                    }
                }
            }
            if (plan.end() == StreamPlan.End.SHUT_DOWN) {
                socket.shutdownOutput();
            }
            sent.complete(null);
        } catch (Throwable t) {
            sent.completeExceptionally(t);
        }
    }
}
