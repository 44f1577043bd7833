package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The manual pages say what {@code --help} says. */
class ManPageTest {
    private static CommandLine command(String name) {
        return name.equals("mptcp") ? Mptcp.commandLine() : TunCommand.commandLine();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mptcp", "mptcp-tun"})
    void everyCommandAndOptionIsThere(String name) {
        String page = ManPage.of(command(name)).replace("\\-", "-");
        assertTrue(page.startsWith(".TH " + name.toUpperCase(Locale.ROOT) + " 1 "), page);
        assertAllThere(command(name), page);
    }

    private static void assertAllThere(CommandLine line, String page) {
        for (CommandLine subcommand : line.getSubcommands().values()) {
            String qualified = subcommand.getCommandSpec().qualifiedName();
            if (subcommand.getCommandSpec().usageMessage().hidden() || qualified.equals("mptcp tun")) {
                continue;
            }
            assertTrue(page.contains(".SS " + qualified + "\n"), qualified);
            for (OptionSpec option : subcommand.getCommandSpec().options()) {
                assertTrue(option.hidden() || page.contains(option.longestName()), qualified + " " + option.longestName());
            }
            assertAllThere(subcommand, page);
        }
    }

    /** Where there is a groff: it understands all of it. */
    @ParameterizedTest
    @ValueSource(strings = {"mptcp", "mptcp-tun"})
    void groffHasNoComplaints(String name, @TempDir Path folder) throws Exception {
        assumeTrue(Command.find("groff").isPresent(), "needs the program groff");
        Path file = Files.writeString(folder.resolve(name + ".1"), ManPage.of(command(name)));
        Process groff = new ProcessBuilder(List.of("groff", "-man", "-Tutf8", "-ww", "-z", file.toString())).redirectErrorStream(true).start();
        String said = new String(groff.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, groff.waitFor(), said);
        assertEquals("", said);
    }
}
