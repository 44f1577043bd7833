package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures of rates; that they are XML is tested with those of {@code mptcp simulate}. */
class RatePictureTest {
    @Test
    void axesHaveRoundSteps() {
        assertEquals(5, RatePicture.niceStep(50, 10));
        assertEquals(0.2, RatePicture.niceStep(1.5, 10), 1e-12);
        assertEquals(1, RatePicture.niceStep(0, 10));
    }

    @Test
    void pathsAreStackedOnTheScaleOfTheHighestPanel() {
        RatePicture.Panel low = new RatePicture.Panel("low", List.of(new double[] {1, 10, 20}));
        RatePicture.Panel high = new RatePicture.Panel("high", List.of(new double[] {1, 50, 100}));
        String svg = new RatePicture(List.of("one", "two"), "caption", List.of(low, high), 1).svg();
        // 150 points are 100 Mbit/s; the panels begin at 62 and 258.
        assertTrue(svg.contains("M60.0 212V197.0H880.0V212Z"), "10 of 100 in the first panel: " + svg);
        assertTrue(svg.contains("M60.0 212V182.0H880.0V212Z"), "20 of 100 in the first panel: " + svg);
        assertTrue(svg.contains("M60.0 408V333.0H880.0V408Z"), "50 of 100 in the second panel: " + svg);
        assertTrue(svg.contains("M60.0 408V258.0H880.0V408Z"), "100 of 100 in the second panel: " + svg);
    }
}
