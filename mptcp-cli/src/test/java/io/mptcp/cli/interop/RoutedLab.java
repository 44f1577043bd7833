package io.mptcp.cli.interop;

import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkEmulator;
import io.mptcp.cli.lab.LinkProfile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A client and a server, each with links of its own, as many as it likes, and a router between them:
 *
 * <pre>
 *   client p1 10.71.1.1 ---.              .--- 10.72.1.1 q1 server
 *          p2 10.71.2.1 ---- the network ----- 10.72.2.1 q2
 * </pre>
 *
 * Both have a default route by each of their links, told apart by its metric alone: no {@code ip rule}, no table of their own.
 */
final class RoutedLab {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int METRIC_STEP = 100;
    private static final LinkProfile ONE_LINK = LinkProfile.of(40, 2, 50);
    /** Of several: two are as fast as one alone. */
    private static final LinkProfile ONE_OF_SEVERAL = LinkProfile.of(20, 2, 50);

    final LabNamespace client;
    final LabNamespace server;
    /** The client's, forward from it. */
    final List<EmulatedPath> clientLinks = new ArrayList<>();
    /** The server's, forward to it. */
    final List<EmulatedPath> serverLinks = new ArrayList<>();
    private final Lab lab;
    private final LabNamespace router;
    private final LabNamespace wires;
    private final LinkEmulator emulator;

    RoutedLab(Lab lab, int clientLinkCount, int serverLinkCount) {
        this.lab = lab;
        client = lab.namespace("client");
        router = lab.namespace("router");
        server = lab.namespace("server");
        wires = lab.namespace("wires");
        wires.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
        emulator = lab.own(new LinkEmulator(wires));
        router.sysctl("net.ipv4.ip_forward", "1");
        for (int i = 1; i <= clientLinkCount; i++) {
            LinkProfile profile = clientLinkCount == 1 ? ONE_LINK : ONE_OF_SEVERAL;
            clientLinks.add(link(client, uplink(i), "10.71." + i, profile, i));
        }
        for (int i = 1; i <= serverLinkCount; i++) {
            EmulatedPath link = link(server, serverDevice(i), "10.72." + i, serverLinkCount == 1 ? ONE_LINK : ONE_OF_SEVERAL, i);
            serverLinks.add(new EmulatedPath(link.backward(), link.forward()));
        }
        emulator.start();
    }

    private EmulatedPath link(LabNamespace end, String device, String network, LinkProfile profile, int number) {
        String routersDevice = "r" + device;
        lab.connect(end, device, wires, "e" + device);
        lab.connect(router, routersDevice, wires, "x" + device);
        end.switchOffOffloads(device);
        router.switchOffOffloads(routersDevice);
        end.address(device, network + ".1/24");
        router.address(routersDevice, network + ".254/24");
        end.ip("route add default via " + network + ".254 dev " + device + " metric " + METRIC_STEP * number);
        return emulator.join("e" + device, "x" + device, profile, profile, number);
    }

    /** Rules for what the network forwards, in the language of {@code nft}. @throws LabException when it, or the kernel, does not know them */
    void firewall(String... rules) throws IOException {
        LabProcess nft = router.start(List.of("nft", "-f", "-"));
        try (OutputStream input = nft.process().getOutputStream()) {
            input.write(("table ip box {\nchain forward {\ntype filter hook forward priority 0;\n" + String.join("\n", rules) + "\n}\n}\n").getBytes(StandardCharsets.US_ASCII));
        }
        int exitCode = nft.awaitExit(PATIENCE);
        nft.awaitEndOfOutput(PATIENCE);
        if (exitCode != 0) {
            throw new LabException("nft or the kernel does not know these rules: " + nft.lines());
        }
    }

    static String uplink(int number) {
        return "p" + number;
    }

    static String serverDevice(int number) {
        return "q" + number;
    }

    static String clientAddress(int number) {
        return "10.71." + number + ".1";
    }

    static String serverAddress(int number) {
        return "10.72." + number + ".1";
    }
}
