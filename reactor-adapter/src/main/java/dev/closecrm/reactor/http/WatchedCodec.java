package dev.closecrm.reactor.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.List;

/**
 * The HTTP/1.1 codec of a connection, which can tell whether it has read the beginning of an answer that is not there yet. It takes the
 * place of Netty's own client codec, which keeps that to itself; what that one does beyond this is for {@code HEAD} and
 * {@code CONNECT}, which are never sent here.
 */
final class WatchedCodec extends CombinedChannelDuplexHandler<WatchedCodec.Decoder, HttpRequestEncoder> {

    private static final int MAX_HEADER_BYTES = 16 * 1024;
    private static final int MAX_STATUS_LINE_BYTES = 4 * 1024;

    WatchedCodec() {
        super(new Decoder(), new HttpRequestEncoder());
    }

    boolean holdsBeginning() {
        return inboundHandler().holdsBeginning();
    }

    static final class Decoder extends HttpResponseDecoder {

        private boolean headBegun;

        Decoder() {
            super(new HttpDecoderConfig()
                    .setMaxHeaderSize(MAX_HEADER_BYTES)
                    .setMaxInitialLineLength(MAX_STATUS_LINE_BYTES)
                    // Where a body ends must have one answer only. Said aloud, though it is Netty's default: a
                    // property of the JVM could turn the first off.
                    .setUseRfc9112TransferEncoding(true)
                    .setAllowDuplicateContentLengths(false));
        }

        /** Bytes not looked at yet, or a status line whose headers have not come. */
        boolean holdsBeginning() {
            return actualReadableBytes() > 0 || headBegun;
        }

        @Override
        protected HttpMessage createMessage(String[] statusLine) {
            headBegun = true;
            return super.createMessage(statusLine);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            int before = out.size();
            super.decode(ctx, in, out);
            if (out.size() > before) {
                headBegun = false;
                for (int i = before; i < out.size(); i++) {
                    refuseTwoLengths(out.get(i));
                }
            }
        }

        /** Netty does so where the body is chunked; it ignores other transfer codings. */
        private static void refuseTwoLengths(Object part) {
            if (part instanceof HttpResponse response
                    && response.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                    && response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
                response.setDecoderResult(DecoderResult.failure(
                        new IllegalArgumentException("both Content-Length and Transfer-Encoding")));
            }
        }
    }
}
