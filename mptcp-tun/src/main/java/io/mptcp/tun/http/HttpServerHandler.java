package io.mptcp.tun.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client of a {@link HttpServer}. */
final class HttpServerHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServerHandler.class);
    /** Nothing from elsewhere is loaded into the dashboard, and it is shown in nobody's frame. */
    private static final String CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private final HttpRoutes routes;
    private final HttpAccess access;

    HttpServerHandler(HttpRoutes routes, HttpAccess access) {
        this.routes = routes;
        this.access = access;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            send(context, HttpReply.error(400, "this is not HTTP"), Map.of(), false);
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        QueryStringDecoder query = new QueryStringDecoder(request.uri());
        Map<String, List<String>> parameters;
        try {
            parameters = query.parameters();
        } catch (IllegalArgumentException e) {
            send(context, HttpReply.error(400, "the address is not well formed"), Map.of(), false);
            return;
        }
        List<String> tokens = parameters.get(HttpAccess.QUERY);
        String queryToken = tokens == null ? null : tokens.getFirst();
        HttpReply refusal = access.refusal(request, queryToken);
        if (refusal != null) {
            send(context, refusal, Map.of(), keepAlive);
            return;
        }
        HttpCall call = new HttpCall(request.method().name(), query.path(), parameters, request.headers().get(HttpHeaderNames.ACCEPT, ""));
        Map<String, String> headers = access.remember(queryToken);
        routes.answer(call).whenComplete((reply, failure) -> context.executor().execute(
                () -> send(context, failure == null ? reply : explain(call, failure), headers, keepAlive)));
    }

    private static HttpReply explain(HttpCall call, Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof HttpFailure known) {
            return HttpReply.error(known.status(), known.getMessage());
        }
        LOG.warn("{} {} failed: {}", call.method(), call.path(), cause.toString());
        LOG.debug("control request failed", cause);
        return HttpReply.error(500, "internal error: " + cause.getClass().getSimpleName());
    }

    private static void send(ChannelHandlerContext context, HttpReply reply, Map<String, String> headers, boolean keepAlive) {
        HttpResponseStatus status = HttpResponseStatus.valueOf(reply.status());
        boolean streams = reply.stream() != null;
        HttpResponse response = streams ? new DefaultHttpResponse(HttpVersion.HTTP_1_1, status)
                : new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(reply.body()));
        HttpHeaders fields = response.headers();
        fields.set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
        fields.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        fields.set("X-Content-Type-Options", "nosniff");
        fields.set("Content-Security-Policy", CONTENT_POLICY);
        reply.headers().forEach(fields::set);
        headers.forEach(fields::set);
        if (streams) {
            HttpUtil.setTransferEncodingChunked(response, true);
            context.pipeline().remove(ReadTimeoutHandler.class); // such a client has nothing more to say
            context.writeAndFlush(response);
            reply.stream().accept(new HttpStream(context.channel()));
            return;
        }
        HttpUtil.setContentLength(response, reply.body().length);
        HttpUtil.setKeepAlive(response, keepAlive);
        ChannelFuture sent = context.writeAndFlush(response);
        if (!keepAlive) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof ReadTimeoutException)) {
            LOG.debug("control client: {}", cause.toString());
        }
        context.close();
    }
}
