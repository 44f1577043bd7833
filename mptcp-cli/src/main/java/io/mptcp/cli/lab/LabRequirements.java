package io.mptcp.cli.lab;

import io.mptcp.netty.linux.Syscalls;
import java.util.ArrayList;
import java.util.List;

/** What a laboratory needs of the machine. */
public final class LabRequirements {
    private LabRequirements() {
    }

    /** What is missing for namespaces and emulated links, one line each; empty when a laboratory can be made. */
    public static List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (!System.getProperty("os.name").equals("Linux")) {
            missing.add("network namespaces: this is " + System.getProperty("os.name") + ", they need Linux");
        } else if (Command.find("ip").isEmpty()) {
            missing.add("the program ip: install iproute2");
        } else {
            try (Lab probe = Lab.create()) {
                LabNamespace namespace = probe.namespace("probe");
                namespace.call(() -> {
                    Syscalls syscalls = new Syscalls();
                    int socket = Syscalls.check(syscalls.socket(Syscalls.AF_PACKET, Syscalls.SOCK_RAW, 0), "cannot open a packet socket");
                    return syscalls.close(socket);
                });
            } catch (LabException e) {
                missing.add("network namespaces: run as root (" + e.getMessage() + ")");
            }
        }
        return missing;
    }
}
