package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is written of relays that do not work, or refuse. */
class RelayProblemsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final RelayProblems problems = new RelayProblems();

    @Test
    void eachReasonIsSaidWhenItBeginsAndThatAllIsOver() {
        assertEquals("relay vps: TLS: no", problems.failure("vps", "TLS: no", 0));
        assertEquals("relay vps: cannot be reached", problems.failure("vps", "cannot be reached", 0));
        for (int hour = 0; hour < 24; hour++) { // by turns
            assertNull(problems.failure("vps", "TLS: no", hour * 3600 * SECOND));
            assertNull(problems.failure("vps", "cannot be reached", hour * 3600 * SECOND));
        }
        assertNull(problems.works("other"));
        assertEquals("relay vps: works again", problems.works("vps"));
        assertNull(problems.works("vps"));
        assertEquals("relay vps: TLS: no; and 24 times since that was last said", problems.failure("vps", "TLS: no", 100_000 * SECOND));
        assertEquals("relay other: TLS: no", problems.failure("other", "TLS: no", 100_000 * SECOND));
    }

    @Test
    void oneThatFailsAndWorksByTurnsIsWrittenOfOnceAMinute() {
        int lines = 0;
        for (int i = 0; i < 600; i++) {
            lines += problems.failure("vps", "does not answer in time", i * SECOND) == null ? 0 : 1;
            lines += problems.works("vps") == null ? 0 : 1;
        }
        assertEquals(2 * 10, lines);
    }

    @Test
    void oneThatRefusesIsWrittenOfOnceAnHourAndNeverWorksAgainForThat() {
        assertEquals("relay vps: refuses user alice (10.88.0.1:22)", problems.refusal("vps", "refuses user alice", "10.88.0.1:22", 0));
        for (int i = 1; i < 3600; i++) {
            assertNull(problems.refusal("vps", "refuses user alice", "10.88.0.1:" + i, i * SECOND));
            assertNull(problems.works("vps"));
        }
        assertEquals("relay vps: refuses user alice (10.88.0.1:80); and 3599 times since that was last said",
                problems.refusal("vps", "refuses user alice", "10.88.0.1:80", 3600 * SECOND));
    }

    @Test
    void reasonsThatAreNeverTheSameTakeNoMoreMemory() {
        for (int i = 0; i < 100_000; i++) {
            problems.failure("vps", "reason " + i, i);
        }
        assertEquals("relay vps: reason 0", problems.failure("vps", "reason 0", 100_000), "forgotten");
        assertNull(problems.failure("vps", "reason 99999", 100_000));
    }
}
