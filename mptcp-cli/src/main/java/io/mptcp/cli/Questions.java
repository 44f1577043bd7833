package io.mptcp.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a setup command asks a person, one line each. */
final class Questions {
    private final PrintWriter out;
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    private final String otherwise;

    /** @param otherwise what to do where nobody can be asked */
    Questions(PrintWriter out, String otherwise) {
        this.out = out;
        this.otherwise = otherwise;
    }

    /** The answer; the default for an empty line. */
    String ask(String text, String byDefault) throws IOException {
        out.print(text + " [" + byDefault + "]: ");
        out.flush();
        String answer = in.readLine();
        if (answer == null) {
            throw CommandFailure.usage("no answer: " + otherwise + " where nobody can be asked");
        }
        return answer.isBlank() ? byDefault : answer.strip();
    }

    List<String> askForWords(String text, String byDefault) throws IOException {
        return Arrays.stream(ask(text, byDefault).split("[\\s,]+")).filter(word -> !word.isEmpty()).toList();
    }

    /** Interfaces that are up and have an address of their own. */
    static List<NetworkInterface> uplinks() throws SocketException {
        List<NetworkInterface> found = new ArrayList<>();
        for (NetworkInterface device : NetworkInterface.networkInterfaces().toList()) {
            if (device.isUp() && !device.isLoopback() && !device.isPointToPoint() && device.inetAddresses().anyMatch(Questions::isGlobal)) {
                found.add(device);
            }
        }
        found.sort((a, b) -> a.getName().compareTo(b.getName()));
        return found;
    }

    static boolean isGlobal(InetAddress address) {
        return !address.isLinkLocalAddress() && !address.isLoopbackAddress();
    }
}
