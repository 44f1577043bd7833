package io.mptcp.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Options every command has. */
@Command(mixinStandardHelpOptions = true, versionProvider = VersionProvider.class)
public final class CommonOptions {
    /** Static because errors are reported by whoever runs the command line, for every level of subcommands. */
    private static volatile boolean debug;

    @Option(names = "--debug", description = "Log in detail, and print stack traces of errors.")
    void setDebug(boolean value) {
        debug = value;
        if (value) {
            setLevel(Level.DEBUG);
        }
    }

    static boolean isDebug() {
        return debug;
    }

    /** The level a configuration asks for; {@code --debug} stands above it. */
    void setLogLevel(String name) {
        if (!debug) {
            setLevel(Level.toLevel(name, Level.INFO));
        }
    }

    /** Log lines as JSON, one object a line, or as text. */
    void setJsonLog(boolean json) {
        QuietLogging.setJson(json);
    }

    private static void setLevel(Level level) {
        if (LoggerFactory.getLogger("io.mptcp") instanceof Logger logger) {
            logger.setLevel(level);
        }
    }
}
