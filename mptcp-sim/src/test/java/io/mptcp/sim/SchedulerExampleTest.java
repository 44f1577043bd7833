package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example of docs/writing-a-scheduler.md, and schedulers exchanged while a connection runs. */
class SchedulerExampleTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);

    @Test
    void theExampleOfTheDocumentIsThisOneAndShort() throws IOException {
        String text = Files.readString(Path.of("../docs/writing-a-scheduler.md"));
        String inDocument = text.substring(text.indexOf("```java\n") + 8, text.lastIndexOf("```"));
        String source = Files.readString(Path.of("src/test/java/io/mptcp/sim/CheapPathFirst.java"));
        assertEquals(source, inDocument);
        assertTrue(source.lines().count() < 40, () -> source.lines().count() + " lines");
    }

    @Test
    void theCheapPathCarriesWhatItCanAndTheOtherHelpsWithMuch() {
        Report little = cheapFirst(TransferApp.Plan.of(300_000, 0).writing(2000, 5));
        assertTrue(little.bytesPerPath().get(0) < 50_000, () -> "what was sent before there was a second path, and no more: " + little);
        Report much = cheapFirst(TransferApp.Plan.of(20_000_000, 0));
        assertTrue(much.bytesPerPath().get(0) > 5_000_000, much::toString);
        assertTrue(much.goodputBitsPerSecond() > 30e6, much::toString);
    }

    private static Report cheapFirst(TransferApp.Plan sending) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(CheapPathFirst::new);
        return new Scenario(1).path(LINK).path(new Topology.PathSpec(LINK, LINK, false, 10)).clientOptions(options)
                .plans(sending, TransferApp.Plan.of(0, sending.sendBytes())).runUntilDelivered(60);
    }

    @Test
    void aSchedulerIsExchangedWhileTheConnectionRuns() {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK).transfer(20_000_000, 0);
        long[] onSecond = new long[2];
        scenario.at(1, () -> {
            onSecond[0] = scenario.path(1).payloadBytesDelivered();
            scenario.connection().setScheduler(Schedulers.create("first"));
        });
        scenario.at(1.5, () -> onSecond[1] = scenario.path(1).payloadBytesDelivered());
        Report report = scenario.runUntilDelivered(10);
        assertEquals("first", scenario.connection().scheduler().name());
        assertTrue(onSecond[0] > 1_000_000, () -> onSecond[0] + " bytes on the second path before");
        long after = report.bytesPerPath().get(1) - onSecond[1];
        assertTrue(after < 30_000, () -> after + " bytes on the second path after what was in its queue, and the end of the stream");
    }
}
