package io.mptcp.cli;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** A page in a Chromium that runs here with {@code --remote-debugging-port=0}, by its DevTools protocol. To be used on the thread that attached. */
final class DevTools implements AutoCloseable, WebSocket.Listener {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<String> messages = new ArrayBlockingQueue<>(1000);
    private final StringBuilder partial = new StringBuilder();
    private WebSocket socket;
    private int lastId;

    private DevTools() {
    }

    /** Waits for the browser with this {@code --user-data-dir} and takes its first page. */
    static DevTools attach(Path profile) throws Exception {
        Path portFile = profile.resolve("DevToolsActivePort");
        DaemonLab.await("a browser", () -> Files.exists(portFile) && portFile.toFile().length() > 0);
        String list = "http://127.0.0.1:" + Files.readAllLines(portFile).getFirst() + "/json/list";
        DevTools tools = new DevTools();
        String[] page = new String[1];
        DaemonLab.await("a page", () -> (page[0] = tools.firstPage(list)) != null);
        tools.socket = tools.client.newWebSocketBuilder().buildAsync(URI.create(page[0]), tools).get();
        return tools;
    }

    private String firstPage(String list) {
        try {
            String body = client.send(HttpRequest.newBuilder(URI.create(list)).build(), HttpResponse.BodyHandlers.ofString()).body();
            for (Object target : (List<?>) parse(body)) {
                if (target instanceof Map<?, ?> map && "page".equals(map.get("type"))) {
                    return (String) map.get("webSocketDebuggerUrl");
                }
            }
            return null;
        } catch (Exception e) {
            return null;
        }
    }

    private static Object parse(String json) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(Integer.MAX_VALUE);
        return new Yaml(new SafeConstructor(options)).load(json);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        from.request(1);
        return null;
    }

    private Map<?, ?> call(String method, String parameters) throws Exception {
        int id = ++lastId;
        socket.sendText("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true).get();
        while (true) {
            String message = messages.poll(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
            if (message == null) {
                throw new AssertionError(method + " got no answer");
            }
            if (parse(message) instanceof Map<?, ?> answer && Integer.valueOf(id).equals(answer.get("id"))) {
                return (Map<?, ?>) answer.get("result");
            }
        }
    }

    /** The value of an expression, as text. */
    String evaluate(String expression) throws Exception {
        String quoted = expression.replace("\\", "\\\\").replace("\"", "\\\"");
        Map<?, ?> result = call("Runtime.evaluate", "{\"returnByValue\":true,\"expression\":\"" + quoted + "\"}");
        return String.valueOf(((Map<?, ?>) result.get("result")).get("value"));
    }

    void await(String expression, String value) throws Exception {
        long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
        String last = evaluate(expression);
        while (!value.equals(last)) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError(expression + " is " + last + ", never " + value + "; the page: " + evaluate("document.body.innerText"));
            }
            Thread.sleep(100);
            last = evaluate(expression);
        }
    }

    /** PNG, in Base64. */
    String screenshot() throws Exception {
        return (String) call("Page.captureScreenshot", "{\"captureBeyondViewport\":true}").get("data");
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
    }
}
