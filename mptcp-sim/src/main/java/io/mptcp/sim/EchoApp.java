package io.mptcp.sim;

import io.mptcp.stack.MptcpConnection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Writes back what it reads, holding no more than one buffer, and ends its stream when the peer's has ended. */
public final class EchoApp implements StreamApp {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES);
    private int start;
    private int end;
    private boolean ended;

    @Override
    public void ready(Host host, MptcpConnection connection, int readiness) {
        while (!ended && !connection.isClosed()) {
            if (start == end) {
                int length = connection.read(buffer, 0, BUFFER_BYTES);
                if (length < 0) {
                    ended = true;
                    connection.shutdownOutput();
                    return;
                }
                start = 0;
                end = length;
            }
            int written = connection.write(buffer, start, end - start);
            start += written;
            if (written == 0) {
                return;
            }
        }
    }

    @Override
    public String toString() {
        return ended ? "echo, ended" : "echo";
    }
}
