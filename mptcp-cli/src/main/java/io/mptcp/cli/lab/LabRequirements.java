package io.mptcp.cli.lab;

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
                    LinuxCalls.close(LinuxCalls.socket(LinuxCalls.AF_PACKET, LinuxCalls.SOCK_RAW, 0));
                    return null;
                });
            } catch (LabException e) {
                missing.add("network namespaces: run as root (" + e.getMessage() + ")");
            }
        }
        return missing;
    }
}
