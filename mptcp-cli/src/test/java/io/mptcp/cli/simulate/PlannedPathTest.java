package io.mptcp.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannedPathTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "50,20 | 50 Mbit/s, 20 ms, queue 20 ms",
        "1gbit,5ms | 1000 Mbit/s, 5 ms, queue 5 ms",
        "50,20,0.5 | 50 Mbit/s, 20 ms, queue 20 ms, loss 0.5 %",
        "50,20,0.5%,2bdp | 50 Mbit/s, 20 ms, queue 40 ms, loss 0.5 %",
        "50,20,100ms,backup | 50 Mbit/s, 20 ms, queue 100 ms, backup",
        "50,20,up=500kbit,jitter=2,reorder=1,weight=3 | 50 Mbit/s down, 0.5 up, 20 ms, queue 20 ms, jitter 2 ms, reorder 1 %, weight 3"})
    void aPathIsDescribedInOneWord(String text, String meaning) {
        assertEquals(meaning, PlannedPath.parse(text, 1).describe());
    }

    @Test
    void aPathWithoutANameHasItsNumber() {
        assertEquals("path3", PlannedPath.parse("50,20", 3).name());
        assertEquals("dsl", PlannedPath.parse("50,20,name=dsl", 3).name());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "50 | rate and round-trip time are needed",
        "fast,20 | 'fast' is not a rate",
        "50,-3 | '-3' is not a time",
        "50,20,200 | loss is between 0 and 90 %",
        "50,20,1,2 | 'loss' is given twice",
        "50,20,queue=xbdp | queue is a size such as 1bdp or 50ms",
        "50,20,color=red | unknown key 'color'",
        "50,20,weight=0 | weight is between 1 and 1000",
        "0,20 | the rate is between 0.01 and 10000 Mbit/s"})
    void whatCannotBeIsSaid(String text, String why) {
        String message = assertThrows(IllegalArgumentException.class, () -> PlannedPath.parse(text, 1)).getMessage();
        assertTrue(message.startsWith(why), message);
    }

    @Test
    void aCutNamesItsPathByNameOrNumber() {
        List<PlannedPath> paths = List.of(PlannedPath.parse("50,20,name=dsl", 1), PlannedPath.parse("50,20,name=lte", 2));
        assertEquals("dsl fails at 1 s for 2.5 s (silent)", Cut.parse("dsl,1,2500ms", paths).describe(paths));
        assertEquals("lte fails at 0.5 s for good (down)", Cut.parse("2,500ms,down", paths).describe(paths));
        assertEquals("lte fails at 3 s for 1 s (up-only)", Cut.parse("lte,3s,1s,up-only", paths).describe(paths));
        assertThrows(IllegalArgumentException.class, () -> Cut.parse("wifi,1", paths));
        assertThrows(IllegalArgumentException.class, () -> Cut.parse("dsl,1,2,sideways", paths));
    }
}
