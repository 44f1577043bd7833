package io.mptcp.tun.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;

/**
 * Who may ask over a listener. Over the UNIX socket: who may open it. Over TCP: with a token whoever has it; without one, which is for loopback
 * only, whoever names the host by a loopback name: a page from elsewhere whose name was made to lead here does not (DNS rebinding). Changes need
 * a header field that a browser sends to its own origin only.
 */
final class HttpAccess {
    static final HttpAccess OF_SOCKET_FILE = new HttpAccess(false, null);
    /** In the address of the dashboard, which then keeps it in a cookie. */
    static final String QUERY = "auth";
    private static final String COOKIE = "mptcp-token";
    private static final String CHANGE_HEADER = "X-Mptcp-Control";
    private static final String BEARER = "Bearer ";

    private final boolean tcp;
    private final byte[] token;

    private HttpAccess(boolean tcp, String token) {
        this.tcp = tcp;
        this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
    }

    /** @param token null to serve loopback names without one */
    static HttpAccess ofTcp(String token) {
        return new HttpAccess(true, token);
    }

    /** @return null when the request may be answered, else the answer it gets instead */
    HttpReply refusal(HttpRequest request, String queryToken) {
        if (!tcp) {
            return null;
        }
        HttpHeaders headers = request.headers();
        if (token != null) {
            if (!isToken(queryToken) && !isToken(cookie(headers)) && !isToken(bearer(headers))) {
                return HttpReply.error(401, "a token is needed: Authorization: Bearer TOKEN, or ?" + QUERY + "=TOKEN in a browser")
                        .withHeader("WWW-Authenticate", "Bearer");
            }
        } else if (!isLoopbackName(headers.get(HttpHeaderNames.HOST, ""))) {
            return HttpReply.error(403, "this host is asked for by a name that is not its own: use localhost or its loopback address");
        }
        if (!request.method().equals(HttpMethod.GET) && !headers.contains(CHANGE_HEADER)) {
            return HttpReply.error(403, "changes need the header field " + CHANGE_HEADER + ": 1");
        }
        return null;
    }

    /** Header fields for the answer to a request that had the token in its query. */
    Map<String, String> remember(String queryToken) {
        return token != null && isToken(queryToken)
                ? Map.of("Set-Cookie", COOKIE + "=" + queryToken + "; HttpOnly; SameSite=Strict; Path=/") : Map.of();
    }

    /** In constant time. */
    private boolean isToken(String text) {
        return text != null && MessageDigest.isEqual(token, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String bearer(HttpHeaders headers) {
        String value = headers.get(HttpHeaderNames.AUTHORIZATION, "");
        return value.startsWith(BEARER) ? value.substring(BEARER.length()).strip() : null;
    }

    private static String cookie(HttpHeaders headers) {
        String value = headers.get(HttpHeaderNames.COOKIE);
        if (value != null) {
            for (Cookie cookie : ServerCookieDecoder.LAX.decode(value)) {
                if (cookie.name().equals(COOKIE)) {
                    return cookie.value();
                }
            }
        }
        return null;
    }

    private static boolean isLoopbackName(String host) {
        String name = host.toLowerCase(Locale.ROOT).replaceFirst(":[0-9]+$", "");
        return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.[0-9]{1,3}){3}");
    }
}
