package io.mptcp.cli.demo;

import io.mptcp.netty.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * What the demonstration measured.
 *
 * @param simulated             whether it ran in the simulator instead of on real sockets
 * @param server                what answered on the far side
 * @param kernelTcpBitsPerSecond goodput of the kernel's TCP over path 1, NaN when not measured
 * @param singleBitsPerSecond   goodput of this stack over path 1 alone
 * @param doubleBitsPerSecond   goodput over both paths, from the request to the cut
 * @param bytes                 bytes that arrived at the application in the download over two paths
 * @param expectedBytes         bytes that should have
 * @param seconds               how long that download took
 * @param bytesBeforeCut        what each path carried to the client before the cut, in bytes of frames
 * @param bytesWhileCut         bytes that arrived at the application while path 1 was away
 * @param path1BytesAfterReturn what path 1 carried after its return, in bytes of frames
 * @param returnedInTime        whether the download still ran when path 1 returned
 * @param longestStallMillis    longest time without a byte for the application around the cut
 * @param sha256                of what arrived, or null when every byte was compared instead
 * @param expectedSha256        of the file, or null likewise
 */
public record DemoReport(boolean simulated, String server, double kernelTcpBitsPerSecond, double singleBitsPerSecond,
                         double doubleBitsPerSecond, long bytes, long expectedBytes, double seconds, List<Long> bytesBeforeCut,
                         long bytesWhileCut, long path1BytesAfterReturn, boolean returnedInTime, double longestStallMillis,
                         String sha256, String expectedSha256) {
    static final double REQUIRED_RATIO = 1.7;
    static final double REQUIRED_SHARE = 1.0 / 3;
    private static final double MEGA = 1e6;

    /** Goodput over two paths relative to one. */
    public double ratio() {
        return doubleBitsPerSecond / singleBitsPerSecond;
    }

    /** Part of the bytes before the cut that a path carried; paths count from 0 here. */
    public double shareBeforeCut(int path) {
        long all = bytesBeforeCut.stream().mapToLong(Long::longValue).sum();
        return all == 0 ? 0 : (double) bytesBeforeCut.get(path) / all;
    }

    /** Whether exactly the file arrived. */
    public boolean contentEqual() {
        return bytes == expectedBytes && Objects.equals(sha256, expectedSha256);
    }

    /** What did not go as promised, one line each; empty when all did. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>();
        if (!contentEqual()) {
            failures.add("content differs: " + bytes + " of " + expectedBytes + " bytes, SHA-256 " + sha256
                    + " instead of " + expectedSha256);
        }
        for (int path = 0; path < bytesBeforeCut.size(); path++) {
            if (shareBeforeCut(path) < REQUIRED_SHARE) {
                failures.add(format("path %d carried %.0f %% of the bytes before the cut, less than a third", path + 1,
                        100 * shareBeforeCut(path)));
            }
        }
        if (!(ratio() >= REQUIRED_RATIO)) {
            failures.add(format("two paths were %.2f times as fast as one, less than %.1f", ratio(), REQUIRED_RATIO));
        }
        if (bytesWhileCut == 0) {
            failures.add("nothing arrived while path 1 was away");
        }
        if (!returnedInTime) {
            failures.add("the download had ended before path 1 returned");
        } else if (path1BytesAfterReturn == 0) {
            failures.add("path 1 carried nothing after its return");
        }
        return failures;
    }

    /** The final table. */
    public String table() {
        StringBuilder table = new StringBuilder();
        if (Double.isFinite(kernelTcpBitsPerSecond)) {
            row(table, "path 1 alone, kernel TCP", format("%6.1f Mbit/s", kernelTcpBitsPerSecond / MEGA));
        }
        row(table, "path 1 alone, this stack", format("%6.1f Mbit/s", singleBitsPerSecond / MEGA));
        row(table, "both paths, to the cut", format("%6.1f Mbit/s   %.2f x path 1 alone", doubleBitsPerSecond / MEGA, ratio()));
        row(table, "longest stall at the cut", format("%6.0f ms", longestStallMillis));
        for (int path = 0; path < bytesBeforeCut.size(); path++) {
            row(table, "path " + (path + 1) + " before the cut",
                    format("%6.1f MB   %.0f %%", bytesBeforeCut.get(path) / MEGA, 100 * shareBeforeCut(path)));
        }
        row(table, "while path 1 was away", format("%6.1f MB arrived", bytesWhileCut / MEGA));
        row(table, "path 1 after its return", format("%6.1f MB", path1BytesAfterReturn / MEGA));
        row(table, "whole download", format("%6.1f MB in %.1f s", bytes / MEGA, seconds));
        String equal = sha256 == null ? "equal, every byte compared" : "SHA-256 equal (" + sha256.substring(0, 16) + "...)";
        row(table, "content", contentEqual() ? equal : "DIFFERENT");
        if (simulated) {
            row(table, "all of this", "SIMULATED in virtual time");
        }
        return table.toString();
    }

    /** Everything as one JSON document. */
    public String json() {
        JsonWriter json = new JsonWriter();
        json.beginObject()
                .member("ok", failures().isEmpty())
                .member("simulated", simulated)
                .member("server", server)
                .member("kernel_tcp_mbit_per_second", kernelTcpBitsPerSecond / MEGA)
                .member("single_path_mbit_per_second", singleBitsPerSecond / MEGA)
                .member("two_paths_mbit_per_second", doubleBitsPerSecond / MEGA)
                .member("ratio", ratio())
                .member("longest_stall_ms", longestStallMillis)
                .member("bytes", bytes)
                .member("expected_bytes", expectedBytes)
                .member("duration_seconds", seconds)
                .name("bytes_before_cut").beginArray();
        bytesBeforeCut.forEach(json::value);
        json.endArray()
                .member("bytes_while_cut", bytesWhileCut)
                .member("path1_bytes_after_return", path1BytesAfterReturn)
                .member("sha256", sha256)
                .member("expected_sha256", expectedSha256)
                .name("failures").beginArray();
        failures().forEach(json::value);
        return json.endArray().endObject().toString();
    }

    private static void row(StringBuilder table, String what, String value) {
        table.append(format("  %-26s %s%n", what, value));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
