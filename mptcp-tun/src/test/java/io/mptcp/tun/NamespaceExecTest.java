package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which name servers a program in a namespace of its own is given. */
class NamespaceExecTest {
    @TempDir
    private Path folder;

    private List<String> resolver(String first, String second) throws IOException {
        return NamespaceExec.resolver(List.of(Files.writeString(folder.resolve("first"), first), Files.writeString(folder.resolve("second"), second),
                folder.resolve("absent")));
    }

    @Test
    void nameServersThatCanBeReachedAreTakenOver() throws IOException {
        assertEquals(List.of("nameserver 192.0.2.53", "search example.org", "options use-vc"),
                resolver("# mine\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch example.org\noptions edns0\n", "nameserver 198.51.100.53\n"));
    }

    @Test
    void whereThereIsOnlyALocalOneThoseBehindItAreTaken() throws IOException {
        assertEquals(List.of("nameserver 2001:db8::53", "options use-vc"),
                resolver("nameserver 127.0.0.53\nnameserver ::1\nsearch example.org\n", "nameserver 2001:db8::53\n"));
    }

    @Test
    void whereThereIsNoneNoneIsInvented() throws IOException {
        assertEquals(List.of("search example.org", "options use-vc"), resolver("nameserver 127.0.0.53\n", "search example.org\nnameserver ::1\n"));
    }
}
