package io.mptcp.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

/** Small plans, run to the end. */
class SimulatorTest {
    private final PlanBuilder plan = new PlanBuilder();

    SimulatorTest() {
        plan.runs = 1;
        plan.sizeBytes = 5_000_000;
        plan.paths.add(PlannedPath.parse("20,20,name=dsl", 1));
    }

    private List<Summary> run(boolean sampled) {
        SimulationPlan built = plan.build();
        Simulator simulator = new Simulator(built);
        List<Summary> summaries = new ArrayList<>();
        for (SimulationPlan.Variant variant : built.variants()) {
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < built.runs(); i++) {
                outcomes.add(simulator.run(variant, built.firstSeed() + i, sampled));
            }
            summaries.add(new Summary(variant, outcomes));
        }
        return summaries;
    }

    @Test
    void onePathIsOneRowAndNearlyFilled() {
        List<Summary> rows = run(false);
        assertEquals(1, rows.size());
        double mbit = rows.getFirst().medianGoodputMbit();
        assertTrue(mbit > 17 && mbit < 20, "Mbit/s: " + mbit);
    }

    @Test
    void twoEqualPathsAreShownAloneAndTogether() {
        plan.paths.add(PlannedPath.parse("20,20,name=lte", 2));
        List<Summary> rows = run(false);
        assertEquals(List.of("dsl alone", "lte alone", "default"), rows.stream().map(row -> row.variant().name()).toList());
        double ratio = rows.get(2).medianGoodputMbit() / rows.get(0).medianGoodputMbit();
        assertTrue(ratio > 1.7 && ratio < 2.1, "together they are so many times as fast: " + ratio);
        Outcome together = rows.get(2).outcomes().getFirst();
        assertEquals(0.5, together.share(0), 0.1);
        assertEquals(1, rows.get(1).outcomes().getFirst().share(1));
        assertEquals(0, rows.get(1).outcomes().getFirst().bytesPerPath()[0]);
    }

    @Test
    void aSatelliteIsUsedOnlyWhenTheLineIsFull() {
        plan.paths.clear();
        plan.paths.add(PlannedPath.parse("5,20,name=line", 1));
        plan.paths.add(PlannedPath.parse("3,600,name=satellite", 2));
        plan.schedulers = List.of("default", "minrtt", "first");
        plan.sizeBytes = 30_000; // less than what the line takes until there is a second subflow
        List<Summary> small = run(false);
        plan.sizeBytes = 8_000_000;
        List<Summary> large = run(false);
        for (int variant = 2; variant < 5; variant++) {
            String name = large.get(variant).variant().name();
            assertEquals(0, small.get(variant).outcomes().getFirst().share(1), name);
            double ratio = large.get(variant).medianGoodputMbit() / large.get(0).medianGoodputMbit();
            double share = large.get(variant).outcomes().getFirst().share(1);
            assertTrue(name.equals("first") ? share == 0 && ratio > 0.98 : share > 0.1 && ratio > 1.1, name + ": by satellite " + share + ", of the line alone " + ratio);
        }
    }

    @Test
    void theClientMaySendInstead() {
        plan.down = false;
        plan.paths.clear();
        plan.paths.add(PlannedPath.parse("20,20,up=2", 1));
        double mbit = run(false).getFirst().medianGoodputMbit();
        assertTrue(mbit > 1.7 && mbit < 2, "Mbit/s: " + mbit);
    }

    @Test
    void aSmallBufferLimits() {
        plan.bufferBytes = 16 * 1024; // per 20 ms and what the wire takes: about 6 Mbit/s
        double mbit = run(false).getFirst().medianGoodputMbit();
        assertTrue(mbit < 8, "Mbit/s: " + mbit);
    }

    @Test
    void everyThingIsRepeatedBySeed() {
        plan.paths.clear();
        plan.paths.add(PlannedPath.parse("20,20,1,jitter=2,reorder=1", 1));
        plan.runs = 2;
        String first = new SimulationReport(plan.build(), run(false)).csv();
        assertEquals(first, new SimulationReport(plan.build(), run(false)).csv());
        String[] lines = first.split("\n");
        assertFalse(lines[1].split(",")[4].equals(lines[2].split(",")[4]), "another seed, another transfer: " + first);
    }

    @Test
    void aCutShowsAsAPauseAndOnThePaths() {
        plan.paths.add(PlannedPath.parse("20,20,name=lte", 2));
        plan.cuts.add(Cut.parse("dsl,500ms", plan.paths));
        Outcome outcome = run(false).getLast().outcomes().getFirst();
        assertTrue(outcome.isDelivered());
        assertTrue(outcome.pauses().longestMillis() > 40, "the longest pause in ms: " + outcome.pauses().longestMillis());
        assertTrue(outcome.share(1) > 0.65, "what the other path carried: " + outcome.share(1));
    }

    @Test
    void whatIsNeverDeliveredIsSaid() {
        plan.cuts.add(Cut.parse("dsl,500ms", plan.paths));
        String text = new SimulationReport(plan.build(), run(false)).text();
        assertTrue(text.contains("never"), text);
        assertTrue(text.contains("default: 1 of 1 transfers were not delivered within 3600 s"), text);
    }

    @Test
    void thePictureIsXmlWithOnePanelForEachRow() throws Exception {
        plan.paths.clear();
        plan.paths.add(PlannedPath.parse("20,20,name=a<b", 1));
        plan.paths.add(PlannedPath.parse("20,20", 2));
        String svg = new RatePlot(plan.build(), run(true)).svg();
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        assertEquals("svg", document.getDocumentElement().getTagName());
        var texts = document.getElementsByTagName("text");
        List<String> titles = new ArrayList<>();
        for (int i = 0; i < texts.getLength(); i++) {
            titles.add(texts.item(i).getTextContent());
        }
        assertTrue(titles.containsAll(List.of("a<b", "path2", "a<b alone", "path2 alone", "default")), titles::toString);
    }
}
