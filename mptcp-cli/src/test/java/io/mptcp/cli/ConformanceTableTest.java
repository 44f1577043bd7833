package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests and the code that docs/conformance.md names exist: a table that nobody checks is wrong within a week. */
class ConformanceTableTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Pattern NAMED = Pattern.compile("(\\w+Test)?(?:\\.(\\w+))?");
    private static final String CLASS = "[A-Z]\\w*[a-z]\\w*";
    private static final Pattern MEMBER = Pattern.compile("\\b(" + CLASS + ")\\.([a-z]\\w+)");
    /** Of the JDK. */
    private static final Set<String> ELSEWHERE = Set.of("MessageDigest");

    @Test
    void everyTestThatTheTableNamesExists() throws IOException {
        Map<String, String> sources = sources("src/test/java", "Test.java");
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (String[] cells : table()) {
            if (cells.length != 7 || !cells[1].strip().matches("[A-F]-\\d{3}")) {
                continue;
            }
            String currentClass = null;
            for (String item : cells[6].split("[,;]")) {
                Matcher matcher = NAMED.matcher(item.strip().replaceFirst("^sim ", ""));
                if (!matcher.lookingAt() || matcher.end() == 0) {
                    continue;
                }
                currentClass = matcher.group(1) != null ? matcher.group(1) : currentClass;
                named++;
                String source = sources.get(currentClass);
                if (source == null || (matcher.group(2) != null && !source.contains("void " + matcher.group(2) + "("))) {
                    missing.add(cells[1].strip() + ": " + item.strip());
                }
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(named > 300, "only " + named + " tests found in the table: has its form changed?");
    }

    /** A class that stands alone between commas, and whatever is written as Class.member. */
    @Test
    void theClassesAndMembersWhereItIsMetExist() throws IOException {
        Map<String, String> sources = sources("src/main/java", ".java");
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (String[] cells : table()) {
            if (cells.length != 7 || !cells[1].strip().matches("[A-E]-\\d{3}")) {
                continue;
            }
            for (String item : cells[5].split("[,;:]")) {
                if (item.strip().matches(CLASS)) {
                    named++;
                    if (!sources.containsKey(item.strip())) {
                        missing.add(cells[1].strip() + ": " + item.strip());
                    }
                }
            }
            Matcher member = MEMBER.matcher(cells[5]);
            while (member.find()) {
                named++;
                if (!ELSEWHERE.contains(member.group(1)) && !declares(sources.get(member.group(1)), member.group(2))) {
                    missing.add(cells[1].strip() + ": " + member.group());
                }
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(named > 500, "only " + named + " classes and members found in the table: has its form changed?");
    }

    /** The cells of each line; the first is what stands before the first bar. */
    private static List<String[]> table() throws IOException {
        Path table = ROOT.resolve("docs/conformance.md");
        assumeTrue(Files.exists(table), "docs/conformance.md is not there: the tests do not run in the source tree");
        return Files.readAllLines(table).stream().map(line -> line.split("(?<!\\\\)\\|")).toList();
    }

    private static boolean declares(String source, String member) {
        return source != null && Pattern.compile("[\\w>\\]]\\s+" + member + "\\b").matcher(source).find();
    }

    @Test
    void theCountsAtTheTopAreThoseOfTheRows() throws IOException {
        List<String> stated = new ArrayList<>();
        Map<String, int[]> counts = new TreeMap<>();
        for (String[] cells : table()) {
            if (cells.length == 8 && cells[1].strip().matches("[A-F]\\. .*")) {
                stated.add(cells[1].strip().charAt(0) + Stream.of(cells).skip(2).map(String::strip).collect(Collectors.joining(" ", " ", "")));
            } else if (cells.length == 7 && cells[1].strip().matches("[A-F]-\\d{3}")) {
                int[] count = counts.computeIfAbsent(cells[1].strip().substring(0, 1), part -> new int[6]);
                count[0]++;
                count[column(cells[5].strip(), cells[6].strip())]++;
            }
        }
        List<String> counted = counts.entrySet().stream()
                .map(part -> part.getKey() + IntStream.of(part.getValue()).mapToObj(Integer::toString).collect(Collectors.joining(" ", " ", "")))
                .toList();
        assertEquals(counted, stated);
    }

    /** 1 implemented and tested, 2 untested, 3 partly, 4 not implemented, 5 nothing to do. */
    private static int column(String where, String test) {
        if (where.startsWith("not implemented")) {
            return 4;
        }
        if (where.startsWith("partly")) {
            return 3;
        }
        return test.equals("untested") ? 2 : test.equals("—") ? 5 : 1;
    }

    /** By simple class name; classes of one name in several modules count as one. */
    private static Map<String, String> sources(String folder, String ending) throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve(folder)).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    for (Path file : files.filter(path -> path.toString().endsWith(ending)).toList()) {
                        String name = file.getFileName().toString().replace(".java", "");
                        sources.merge(name, Files.readString(file), String::concat);
                    }
                }
            }
        }
        return sources;
    }
}
