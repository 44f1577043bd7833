package io.mptcp.cli.bench.speed;

import io.mptcp.stack.MptcpConnection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** An application's memory that connections send from where it is. A block is used again when all of it has been released, the last one first. */
final class HandedOverBlocks {
    private final Deque<Block> spare = new ArrayDeque<>();
    private Block current;

    /** @return bytes taken, 0 when there is no room */
    int handOver(MptcpConnection connection) {
        if (current == null) {
            current = spare.isEmpty() ? new Block() : spare.pop();
            current.usedBytes = 0;
        }
        Block block = current;
        int taken = connection.handOver(block.memory, block.usedBytes, Service.BLOCK_BYTES - block.usedBytes, block);
        if (taken > 0) {
            block.usedBytes += taken;
            block.parts++;
        }
        if (block.usedBytes == Service.BLOCK_BYTES) {
            current = null;
        }
        return taken;
    }

    private final class Block implements Runnable {
        final MemorySegment memory = Arena.ofAuto().allocate(Service.BLOCK_BYTES, 64);
        int usedBytes;
        /** Of it that have been handed over and not been released. */
        int parts;

        /** A part has been released. */
        @Override
        public void run() {
            parts--;
            if (parts == 0 && this != current) {
                spare.push(this);
            }
        }
    }
}
