package io.mptcp.cli.testport;

import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The commands that scripts run beside their packets: {@code ip}, {@code sysctl} and {@code nstat}, as far as they concern a stack. */
final class ControlCommands {
    /** @param output one line and a line feed on failure */
    record Result(int exitCode, String output) {
        static final Result OK = new Result(0, "");

        static Result wrong(String message) {
            return new Result(1, message + "\n");
        }
    }

    private ControlCommands() {
    }

    /** @param session the session it is for, null when there is none; @param text command and arguments separated by NUL */
    static Result run(Session session, String text) {
        List<String> words = Arrays.asList(text.split("\0"));
        if (session == null) {
            return Result.wrong("there is no session");
        }
        List<String> arguments = words.subList(Math.min(1, words.size()), words.size());
        try {
            return switch (words.getFirst()) {
                case "ip" -> ip(session, arguments);
                case "sysctl" -> sysctl(session, arguments);
                case "nstat" -> nstat(session, arguments);
                default -> Result.wrong("'" + words.getFirst() + "' is none of ip, sysctl, nstat");
            };
        } catch (IllegalArgumentException e) {
            return Result.wrong(words.getFirst() + ": " + e.getMessage());
        }
    }

    // ---- ip ----

    private static Result ip(Session session, List<String> words) {
        List<String> arguments = words.stream().filter(word -> !word.startsWith("-")).toList();
        String line = String.join(" ", arguments);
        if (line.startsWith("addr add ") || line.startsWith("address add ")) {
            session.addAddress(address(arguments.get(2)));
            return Result.OK;
        }
        if (line.startsWith("tcp_metrics flush")) {
            session.forgetFastOpenCookies(); // all that is remembered of earlier connections
            return Result.OK;
        }
        if (line.startsWith("link set ")) {
            return Result.OK; // links are always up
        }
        if (!line.startsWith("mptcp ")) {
            return Result.wrong("ip: '" + line + "' is none of addr add, mptcp endpoint, mptcp limits");
        }
        return mptcp(session.settings(), arguments.subList(1, arguments.size()));
    }

    private static Result mptcp(Settings settings, List<String> words) {
        String line = String.join(" ", words);
        if (line.startsWith("limits set ")) {
            int at = words.indexOf("add_addr_accepted");
            if (at >= 0 && at + 1 < words.size()) {
                settings.acceptAnnouncements(SysctlTable.number(words.get(at + 1)));
            }
            return Result.OK;
        }
        if (line.equals("endpoint flush")) {
            settings.flushEndpoints();
            return Result.OK;
        }
        if (line.startsWith("endpoint add ") && words.size() > 2) {
            IpAddress address = address(words.get(2));
            int at = words.indexOf("id");
            int id = at >= 0 && at + 1 < words.size() ? Math.clamp(SysctlTable.number(words.get(at + 1)), 0, 255) : 0;
            settings.addEndpoint(new Settings.Endpoint(address, id, words.contains("signal"), words.contains("subflow"), words.contains("backup")));
            return Result.OK;
        }
        return Result.wrong("ip mptcp: '" + line + "' is none of limits set, endpoint add, endpoint flush");
    }

    private static IpAddress address(String text) {
        int slash = text.indexOf('/');
        return IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    }

    // ---- sysctl ----

    private static Result sysctl(Session session, List<String> words) {
        Settings settings = session.settings();
        StringBuilder output = new StringBuilder();
        boolean valueOnly = false;
        for (String word : words) {
            if (word.startsWith("-")) {
                valueOnly |= word.contains("n");
                continue;
            }
            int equals = word.indexOf('=');
            String name = name(equals < 0 ? word : word.substring(0, equals));
            if (equals >= 0) {
                settings.setSysctl(name, word.substring(equals + 1));
                session.onSetting();
            } else {
                String value = settings.sysctl(name);
                output.append(valueOnly ? value : name + " = " + value).append('\n');
            }
        }
        return new Result(0, output.toString());
    }

    /** {@code net.ipv4.x}, {@code net/ipv4/x} or {@code /proc/sys/net/ipv4/x}. */
    private static String name(String word) {
        String path = word.startsWith("/proc/sys/") ? word.substring("/proc/sys/".length()) : word;
        return path.replace('/', '.');
    }

    // ---- nstat ----

    private static Result nstat(Session session, List<String> words) {
        if (words.contains("-n")) {
            return Result.OK; // would only note where they stand
        }
        boolean json = words.stream().anyMatch(word -> word.startsWith("-") && word.contains("j"));
        Map<String, Long> counters = session.counters();
        List<String> entries = new ArrayList<>();
        counters.forEach((name, value) -> entries.add(json ? '"' + fullName(name) + "\":" + value : fullName(name) + " " + value + " 0.0"));
        return new Result(0, json
                ? entries.stream().collect(Collectors.joining(",", "{\"kernel\":{", "}}\n"))
                : entries.stream().collect(Collectors.joining("\n", "#kernel\n", "\n")));
    }

    /** Our counters have the kernel's names less the group's. */
    private static String fullName(String name) {
        if (name.startsWith("TCP") || name.startsWith("Listen") || name.equals("OutOfWindowIcmps")) {
            return "TcpExt" + name;
        }
        return switch (name) {
            case "OutRsts", "ActiveOpens", "PassiveOpens" -> "Tcp" + name;
            default -> "MPTcpExt" + name;
        };
    }
}
