package io.mptcp.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Options every command has. */
@Command(mixinStandardHelpOptions = true, versionProvider = VersionProvider.class)
final class CommonOptions {
    private static volatile boolean debug;

    @Option(names = "--debug", description = "Log in detail, and print stack traces of errors.")
    void setDebug(boolean value) {
        debug = value;
        if (value && LoggerFactory.getLogger("io.mptcp") instanceof Logger logger) {
            logger.setLevel(Level.DEBUG);
        }
    }

    static boolean isDebug() {
        return debug;
    }
}
