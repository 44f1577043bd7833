package io.mptcp.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Prints the manual page of a command, {@code mptcp} or {@code mptcp-tun}, from what its {@code --help} is made of: man(7) of groff. Run when packages are built. Picocli's
 * own generator writes AsciiDoc, which would need another program.
 */
public final class ManPage {
    private final StringBuilder page = new StringBuilder();

    private ManPage() {
    }

    public static void main(String[] args) {
        System.out.print(of(args.length == 1 && args[0].equals("mptcp-tun") ? TunCommand.commandLine() : Mptcp.commandLine()));
    }

    static String of(CommandLine line) {
        ManPage page = new ManPage();
        page.write(line);
        return page.page.toString();
    }

    private void write(CommandLine line) {
        CommandSpec command = line.getCommandSpec();
        macro("TH", command.name().toUpperCase(Locale.ROOT) + " 1 \"\" \"" + escaped(command.version()[0].replaceFirst(" \\(.*", "")) + "\" \"User Commands\"");
        macro("ad", "l"); // long names of options leave nothing to adjust
        macro("SH", "NAME");
        text(escaped(command.name()) + " \\- ", firstSentence(command));
        macro("SH", "SYNOPSIS");
        text("", synopsis(line));
        macro("SH", "DESCRIPTION");
        describe(command);
        macro("SH", "OPTIONS");
        text("", "Of all commands:");
        command.options().forEach(this::option);
        macro("SH", "COMMANDS");
        subcommands(line);
        macro("SH", "EXIT STATUS");
        exitCodes(command);
        macro("SH", "SEE ALSO");
        macro("BR", command.name().equals("mptcp") ? "mptcp\\-tun (1)" : "mptcp (1)");
    }

    private void subcommands(CommandLine line) {
        for (CommandLine subcommand : new LinkedHashSet<>(line.getSubcommands().values())) {
            CommandSpec command = subcommand.getCommandSpec();
            if (command.usageMessage().hidden() || command.name().equals("tun")) { // tun is mptcp-tun, which has a page of its own
                continue;
            }
            macro("SS", escaped(command.qualifiedName()));
            text("", synopsis(subcommand));
            macro("PP", "");
            describe(command);
            command.positionalParameters().forEach(this::positional);
            command.options().stream().filter(option -> !isCommon(option)).forEach(this::option);
            if (!command.usageMessage().exitCodeList().isEmpty()) {
                macro("PP", "");
                text("", "Exit status:");
                exitCodes(command);
            }
            subcommands(subcommand);
        }
    }

    private static boolean isCommon(OptionSpec option) {
        return List.of("--help", "--version", "--debug").contains(option.longestName());
    }

    private void option(OptionSpec option) {
        if (!option.hidden()) {
            String value = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
            String names = String.join(", ", option.names());
            argument(names + value + (option.negatable() ? ", " + option.longestName().replaceFirst("--", "--no-") : ""), option);
        }
    }

    private void positional(PositionalParamSpec positional) {
        if (!positional.hidden()) {
            argument(positional.paramLabel(), positional);
        }
    }

    private void argument(String name, ArgSpec argument) {
        macro("TP", "");
        macro("B", escaped(name));
        lines(argument.description());
    }

    private void exitCodes(CommandSpec command) {
        command.usageMessage().exitCodeList().forEach((code, meaning) -> {
            macro("TP", "");
            macro("B", escaped(code));
            text("", rendered(meaning));
        });
    }

    private void describe(CommandSpec command) {
        lines(command.usageMessage().description());
    }

    private void lines(String... lines) {
        for (int i = 0; i < lines.length; i++) {
            if (i > 0) {
                macro("br", "");
            }
            text("", rendered(lines[i]));
        }
    }

    private static String firstSentence(CommandSpec command) {
        return rendered(command.usageMessage().description()[0]).replaceFirst("(?s)\\.(\\s.*|$)", "");
    }

    private static String synopsis(CommandLine line) {
        return new Help(line.getCommandSpec(), Help.defaultColorScheme(Help.Ansi.OFF)).synopsis(0);
    }

    /** As --help would have it. */
    private static String rendered(String line) {
        return String.format(line);
    }

    private void macro(String name, String arguments) {
        page.append('.').append(name).append(arguments.isEmpty() ? "" : " " + arguments).append('\n');
    }

    private void text(String before, String text) {
        String line = before + escaped(text.strip().replaceAll("\\s+", " "));
        if (!line.isEmpty()) {
            page.append(line.startsWith(".") || line.startsWith("'") ? "\\&" : "").append(line).append('\n');
        }
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-");
    }
}
