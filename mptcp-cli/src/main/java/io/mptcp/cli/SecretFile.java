package io.mptcp.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/** Files with tokens in them, readable for their owner and group only. */
final class SecretFile {
    private SecretFile() {
    }

    /** @param force whether a file that is there is replaced */
    static void write(Path file, String text, boolean force) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Set<OpenOption> how = new HashSet<>(Set.of(StandardOpenOption.WRITE, force ? StandardOpenOption.CREATE : StandardOpenOption.CREATE_NEW));
        if (force) {
            how.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        try (var channel = Files.newByteChannel(file, how, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        } catch (FileAlreadyExistsException e) {
            throw isThere(file, e);
        }
    }

    static CommandFailure isThere(Path file, Exception cause) {
        return CommandFailure.failed(file + ": is there already: look at it, or replace it with --force", cause);
    }
}
