package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many connections through the daemon's device: at one time, and one after the other. {@code -Dmany.connections=100000} for as many in sequence. */
@Timeout(600)
class ManyConnectionsTest extends DaemonLabTest {
    /** What the JVM may open for itself meanwhile: jars, its own socket. */
    private static final int OWN_DESCRIPTORS = 8;
    private static final int AT_A_TIME = 1000;
    /** More than there are local ports. */
    private static final int IN_SEQUENCE = Integer.getInteger("many.connections", 4000);
    /** What the JVM itself may need more of: classes, profiles of compiled code. */
    private static final long HEAP_SLACK_BYTES = 6 << 20;

    /** Echoes; the first byte says who ends first: s for the server. */
    private static final String SERVER = """
            import asyncio
            async def serve(r, w):
                try:
                    first = await r.read(1); w.write(first)
                    while first != b's':
                        data = await r.read(65536)
                        if not data: break
                        w.write(data)
                    await w.drain(); w.close()
                except OSError: pass
            async def main():
                s = await asyncio.start_server(serve, '10.99.0.1', 9000, backlog=2000); print('listening', flush=True); await s.serve_forever()
            asyncio.run(main())
            """;
    private static final String AT_ONCE = """
            import asyncio
            async def one(gate, count):
                r, w = await asyncio.open_connection('10.99.0.1', 9000)
                w.write(b'c'); assert await r.readexactly(1) == b'c'
                count.append(1)
                if len(count) == %1$d: print('all', flush=True)
                await gate.wait()
                w.write(b'x' * 5000); w.write_eof(); assert len(await r.read(-1)) == 5000; w.close()
            async def main():
                gate, count = asyncio.Event(), []
                tasks = [asyncio.create_task(one(gate, count)) for i in range(%1$d)]
                await asyncio.get_running_loop().run_in_executor(None, input); gate.set()
                await asyncio.gather(*tasks); print('done', flush=True)
            asyncio.run(main())
            """.formatted(AT_A_TIME);
    private static final String ONE_AFTER_THE_OTHER = """
            import asyncio, sys
            async def worker(count):
                for i in range(count):
                    r, w = await asyncio.open_connection('10.99.0.1', 9000)
                    if i %% 2: w.write(b's')
                    else: w.write(b'c'); w.write_eof()
                    assert len(await r.read(-1)) == 1; w.close()
            async def main(): await asyncio.gather(*[worker(int(sys.argv[1]) // 8) for i in range(8)]); print('done', flush=True)
            asyncio.run(main())
            """.replace("%%", "%");

    ManyConnectionsTest() {
        super(LinkProfile.of(100, 1, 100), LinkProfile.of(100, 1, 100));
    }

    private LabProcess python(String script, String... arguments) {
        Stream<String> line = Stream.concat(Stream.of("sh", "-c", "ulimit -n 4096; exec python3 -c \"$0\" \"$@\"", script), Stream.of(arguments));
        return lab.network.client().start(line.toList());
    }

    private long descriptors() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(lab.daemon.process().pid()), "fd"))) {
            return files.count();
        }
    }

    /** Bytes of live objects in the daemon's heap. */
    private long heapBytes() throws IOException {
        Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(lab.daemon.process().pid()),
                "GC.class_histogram").redirectErrorStream(true).start();
        String said = new String(jcmd.getInputStream().readAllBytes());
        assertTrue(said.matches("(?s).*Total +\\d+ +\\d+\\s*"), said);
        return Long.parseLong(said.replaceFirst("(?s).*Total +\\d+ +(\\d+)\\s*", "$1"));
    }

    private void sequence(int count) {
        LabProcess run = python(ONE_AFTER_THE_OTHER, Integer.toString(count));
        assertEquals(0, run.awaitExit(PATIENCE.multipliedBy(1 + IN_SEQUENCE / 10_000)), run.lines().toString());
        lab.await(List.of("connections: 0 now, [0-9]+ so far, 0 failed, 0 rejected"), "status");
    }

    @Test
    void aThousandAtATimeAndThousandsInSequenceLeaveNothingBehind() throws Exception {
        lab.network.server().start(List.of("sh", "-c", "ulimit -n 4096; exec python3 -c \"$0\"", SERVER)).awaitLine("listening", PATIENCE);
        lab.start("");
        sequence(AT_A_TIME); // to warm up
        heapBytes(); // who can be asked has a socket for it from then on
        long descriptorsBefore = descriptors();
        LabProcess atOnce = python(AT_ONCE);
        atOnce.awaitLine("all", PATIENCE);
        lab.await(List.of("connections: " + AT_A_TIME + " now"), "status");
        atOnce.process().getOutputStream().write('\n');
        atOnce.process().getOutputStream().flush();
        assertEquals(0, atOnce.awaitExit(PATIENCE), atOnce.lines().toString());
        lab.await(List.of("connections: 0 now, " + 2 * AT_A_TIME + " so far, 0 failed, 0 rejected"), "status");
        long heapBefore = heapBytes();

        long startNanos = System.nanoTime();
        sequence(IN_SEQUENCE);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        long descriptorsAfter = descriptors();
        long heapAfter = heapBytes();
        System.out.printf("%d connections in sequence: %.0f s; live heap %.1f MB before, %.1f MB after; descriptors %d before, %d after%n", IN_SEQUENCE, seconds,
                heapBefore / 1e6, heapAfter / 1e6, descriptorsBefore, descriptorsAfter);
        assertTrue(descriptorsAfter < descriptorsBefore + OWN_DESCRIPTORS, "open descriptors were " + descriptorsBefore + ", are " + descriptorsAfter);
        assertTrue(heapAfter < heapBefore + HEAP_SLACK_BYTES, "live heap was " + heapBefore + ", is " + heapAfter);
    }
}
