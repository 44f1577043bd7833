package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Metrics and the dashboard of a daemon at work, the latter in a real browser. */
class DashboardTest extends DaemonLabTest {
    private static final String TOKEN = "0123456789abcdef0123";

    DashboardTest() {
        super(LinkProfile.of(8, 10, 100), LinkProfile.of(4, 30, 100));
    }

    private record Answer(int status, String type, String body) {
    }

    private Answer ask(String method, String url, String... headers) {
        return lab.network.client().call(() -> {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).method(method, HttpRequest.BodyPublishers.noBody());
            if (headers.length > 0) {
                request.headers(headers);
            }
            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
                return new Answer(response.statusCode(), response.headers().firstValue("Content-Type").orElse(""), response.body());
            }
        });
    }

    @Test
    void prometheusGetsPathsAndMibCounters() throws Exception {
        lab.start("http: {listen: '127.0.0.1:9654'}\n");
        LabProcess curl = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 100_000_000));
        lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        DaemonLab.await("bytes of both paths in the metrics", () -> ask("GET", "http://127.0.0.1:9654/metrics").body()
                .matches("(?s).*mptcp_path_received_bytes_total\\{id=\"0\",path=\"p1\"} [1-9].*mptcp_path_received_bytes_total\\{id=\"1\",path=\"p2\"} [1-9].*"));
        Answer metrics = ask("GET", "http://127.0.0.1:9654/metrics");
        assertTrue(metrics.type().startsWith("text/plain"), metrics.type());
        for (String line : List.of("mptcp_connections 1.0", "mptcp_subflows 2.0", "mptcp_path_up{id=\"0\",path=\"p1\"} 1.0",
                "# TYPE mptcp_mib_mpjoin_syn_tx_total counter", "mptcp_mib_mpjoin_syn_tx_total 1.0", "mptcp_mib_mpcapable_synackrx_total 1.0",
                "mptcp_mib_internal_errors_total 0.0")) {
            assertTrue(metrics.body().contains(line + "\n"), line + " in\n" + metrics.body());
        }
        String grafana = Files.readString(Path.of("..", "docs", "grafana-dashboard.json"));
        Matcher names = Pattern.compile("mptcp_[a-z0-9_]+").matcher(grafana);
        while (names.find()) {
            assertTrue(metrics.body().contains("\n" + names.group()), "Grafana asks for " + names.group());
        }
        Answer open = ask("GET", "http://127.0.0.1:9654/metrics", "Accept", "application/openmetrics-text; version=1.0.0");
        assertTrue(open.type().startsWith("application/openmetrics-text") && open.body().endsWith("# EOF\n"), open.type());

        assertEquals(403, ask("POST", "http://127.0.0.1:9654/v1/paths?device=p1&state=off").status(), "a page from elsewhere can do that, too");
        assertEquals(404, ask("GET", "http://127.0.0.1:9654/nothing").status());
        assertEquals(405, ask("POST", "http://127.0.0.1:9654/v1/status", "X-Mptcp-Control", "1").status());
        curl.close();
    }

    @Test
    void whoeverIsNotOnLoopbackNeedsTheToken() throws Exception {
        lab.start("http: {listen: '10.77.1.1:9654', token: '" + TOKEN + "'}\n");
        String url = "http://10.77.1.1:9654/v1/status";
        assertEquals(401, ask("GET", url).status());
        assertEquals(401, ask("GET", url, "Authorization", "Bearer 0123456789abcdef0124").status());
        assertEquals(200, ask("GET", url, "Authorization", "Bearer " + TOKEN).status());
        assertEquals(200, ask("GET", url + "?auth=" + TOKEN).status());
        assertEquals(200, ask("GET", url, "Cookie", "mptcp-token=" + TOKEN).status());
    }

    @Test
    void theDashboardShowsPathsAndSwitchesThemInABrowser() throws Exception {
        assumeTrue(Command.find("chromium").isPresent(), "needs the program chromium");
        lab.start("http: {listen: '127.0.0.1:9654'}\n");
        lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 200_000_000));
        lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        Path profile = Files.createDirectories(directory.resolve("profile"));
        LabProcess chromium = lab.network.client().start(List.of("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile,
                "--window-size=1280,900", "--remote-debugging-port=0", "http://127.0.0.1:9654/"));
        lab.network.client().call(() -> {
            try (DevTools page = DevTools.attach(profile)) {
                look(page);
            }
            return null;
        });
        chromium.close();
    }

    private void look(DevTools page) throws Exception {
        page.await("document.querySelectorAll('#paths .card').length", "2");
        page.await("document.querySelectorAll('#connections tbody tr').length", "1");
        page.await("document.querySelectorAll('[data-path=p2] svg.plot path').length > 0 && /[1-9].* [kM]bit/.test(document.querySelector('[data-path=p2] .rates').innerText)",
                "true");
        page.await("[...document.querySelectorAll('#events div')].some(line => line.innerText.includes('[SF_ESTABLISHED]'))", "true");
        page.await("document.querySelector('[data-path=p2] .state').innerText", "up");

        page.evaluate("document.querySelector('[data-path=p2] [data-state=off]').click()");
        page.await("document.querySelector('[data-path=p2] .state').innerText", "off");
        lab.await(List.of("p2 +off "), "paths");
        page.await("document.querySelector('#connections tbody').innerText.includes('switched off')", "true");
        page.evaluate("document.querySelector('[data-path=p2] [data-state=backup]').click()");
        page.await("document.querySelector('[data-path=p2] .state').innerText", "backup");
        page.await("document.querySelector('#connections tbody').innerText.includes('backup, and others work')", "true");
        page.evaluate("document.querySelector('[data-path=p2] [data-state=on]').click()");
        page.await("document.querySelector('[data-path=p2] .state').innerText", "up");
        assertEquals("none", page.evaluate("getComputedStyle(document.getElementById('offline')).display"));

        page.await("/[1-9].* [kM]bit/.test(document.querySelector('[data-path=p2] .rates').innerText)", "true"); // it carries again

        String keep = System.getProperty("dashboard.picture");
        if (keep != null) { // one to be looked at has something to show: 45 seconds of history
            page.await("document.querySelector('[data-path=p1] svg.plot path').getAttribute('d').split(/[ML]/).length > 45", "true");
        }
        byte[] picture = Base64.getDecoder().decode(page.screenshot());
        assertTrue(picture.length > 20_000, picture.length + " bytes of picture");
        if (keep != null) {
            Files.write(Path.of(keep), picture);
        }
    }
}
