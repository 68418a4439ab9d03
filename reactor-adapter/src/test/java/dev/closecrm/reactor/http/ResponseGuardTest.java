package dev.closecrm.reactor.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.closecrm.core.error.Delivery;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;

/** The guard segment by segment, as no real network would cut them on request. */
class ResponseGuardTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static final String HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";

    /** What Reactor Netty would have seen, as short words. */
    private final List<String> seen = new ArrayList<>();

    private int reads;

    private final EmbeddedChannel channel = new EmbeddedChannel();

    ResponseGuardTest() {
        channel.pipeline().addLast(new ChannelDuplexHandler() {
            @Override
            public void read(ChannelHandlerContext ctx) {
                reads++;
                ctx.read();
            }
        });
        channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
        channel.pipeline().addLast(NettyPipeline.ReactiveBridge, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                if (msg instanceof HttpResponse response) {
                    seen.add(
                            response.decoderResult().isFailure()
                                    ? "broken"
                                    : response.status().codeAsText().toString());
                }
                if (msg instanceof LastHttpContent) {
                    seen.add("end");
                }
                ReferenceCountUtil.release(msg);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                seen.add("error");
            }
        });
        channel.config().setAutoRead(false);
    }

    @AfterEach
    void closeChannel() {
        channel.finishAndReleaseAll();
    }

    @Test
    void anAnswerPassesWithItsEndHeldUntilTheReadIsOver() {
        ask();
        channel.pipeline().fireChannelRead(bytes(OK));
        assertThat(seen).containsExactly("200");
        channel.pipeline().fireChannelReadComplete();
        assertThat(seen).containsExactly("200", "end");
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aConnectionServesOneRequestAfterAnother() {
        for (int i = 0; i < 3; i++) {
            ask();
            segment(OK);
        }
        assertThat(seen).containsExactly("200", "end", "200", "end", "200", "end");
        assertThat(channel.pipeline().names())
                .filteredOn(name -> name.startsWith("closecrm"))
                .hasSize(1);
    }

    @Test
    void interimAnswersAreSwallowedAndTheNextReadIsAskedFor() {
        ask();
        segment(HINTS);
        assertThat(seen).isEmpty();
        assertThat(reads).isEqualTo(1);
        segment(HINTS + "HTTP/1.1 100 Continue\r\n\r\n" + OK);
        assertThat(seen).containsExactly("200", "end");
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void anInterimAnswerCutInTheMiddleIsSwallowedTheSame() {
        ask();
        for (char c : (HINTS + OK).toCharArray()) {
            segment(String.valueOf(c));
        }
        assertThat(seen).containsExactly("200", "end");
    }

    @Test
    void aSecondAnswerInTheSegmentClosesTheConnectionAndTheFirstCounts() {
        ask();
        segment(OK + OK);
        assertThat(seen).containsExactly("200", "end");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anInterimAnswerAfterTheAnswerClosesTheConnectionToo() {
        ask();
        segment(OK + HINTS);
        assertThat(seen).containsExactly("200", "end");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anAnswerNobodyAskedForClosesTheConnection() {
        ask();
        segment(OK);
        segment("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        assertThat(seen).containsExactly("200", "end");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aChangeOfProtocolIsAnErrorAndClosesTheConnection() {
        ExchangeTrace trace = ask();
        segment("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
        assertThat(seen).containsExactly("error");
        assertThat(trace.malformed()).isTrue();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void whatIsNotHttpIsNotedAndClosesTheConnection() {
        ExchangeTrace trace = ask();
        segment("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        assertThat(seen).startsWith("broken");
        assertThat(trace.malformed()).isTrue();
        assertThat(trace.settle()).isEqualTo(Delivery.UNKNOWN);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aBrokenChunkIsNotedAndClosesTheConnection() {
        ExchangeTrace trace = ask();
        segment("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        assertThat(trace.malformed()).isTrue();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theWholeAnswerInOneMessageAsOnAStreamOfHttp2Passes() {
        ask();
        FullHttpResponse interim = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.EARLY_HINTS);
        channel.pipeline().context(NettyPipeline.HttpCodec).fireChannelRead(interim);
        assertThat(interim.refCnt()).isZero();
        channel.pipeline()
                .context(NettyPipeline.HttpCodec)
                .fireChannelRead(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
        assertThat(seen).containsExactly("200", "end");
    }

    @Test
    void anAnswerThatEndsWithTheConnectionIsDelivered() {
        ask();
        segment("HTTP/1.1 200 OK\r\n\r\n{}");
        assertThat(seen).containsExactly("200");
        channel.close();
        channel.runPendingTasks();
        assertThat(seen).containsExactly("200", "end");
    }

    @Test
    void anotherRequestBeforeTheAnswerIsRefusedAndTheConnectionClosed() {
        ask();
        assertThatIllegalStateException()
                .isThrownBy(() -> ResponseGuard.announce(Connection.from(channel), new ExchangeTrace()));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aRequestThatWasNeverWrittenWasNotSent() {
        ExchangeTrace trace = new ExchangeTrace();
        ResponseGuard.announce(Connection.from(channel), trace);
        assertThat(trace.begun()).isFalse();
        assertThat(trace.settle()).isEqualTo(Delivery.NOT_SENT);
    }

    @Test
    void aRequestThatWasReportedAsNotSentIsNotSent() {
        ExchangeTrace trace = new ExchangeTrace();
        ResponseGuard.announce(Connection.from(channel), trace);
        assertThat(trace.settle()).isEqualTo(Delivery.NOT_SENT);

        ChannelFuture write =
                channel.writeAndFlush(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.DELETE, "/x"));
        assertThat(write.isSuccess()).isFalse();
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(channel.isOpen()).isFalse();
        assertThat(trace.settle()).isEqualTo(Delivery.NOT_SENT);
    }

    @Test
    void theBeginningOfASecondAnswerClosesTheConnectionToo() {
        for (String beginning : List.of("H", "HTTP/1.1 200 OK\r\nContent-Le", "{}", "HTTP/1.1 200 OK\r\n")) {
            ResponseGuardTest other = new ResponseGuardTest();
            other.ask();
            other.segment(OK + beginning);
            assertThat(other.seen).containsExactly("200", "end");
            assertThat(other.channel.isOpen()).as(beginning).isFalse();
            other.closeChannel();
        }
    }

    @Test
    void moreInterimAnswersThanAnyoneSendsAreAnError() {
        ExchangeTrace trace = ask();
        segment(HINTS.repeat(100));
        assertThat(channel.isOpen()).isTrue();
        segment(HINTS);
        assertThat(seen).containsExactly("error");
        assertThat(trace.malformed()).isTrue();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aRequestTheConnectionDidNotTakeWholeWasNotSent() {
        channel.pipeline().addFirst(new ChannelDuplexHandler() {
            @Override
            public void write(ChannelHandlerContext ctx, Object msg, io.netty.channel.ChannelPromise promise) {
                ReferenceCountUtil.release(msg);
                promise.setFailure(new ClosedChannelException());
            }
        });
        ExchangeTrace trace = ask();
        assertThat(trace.begun()).isTrue();
        assertThat(trace.settle()).isEqualTo(Delivery.NOT_SENT);
    }

    @Test
    void aRequestThatLeftMayHaveBeenActedUpon() {
        assertThat(ask().settle()).isEqualTo(Delivery.UNKNOWN);
    }

    private ExchangeTrace ask() {
        ExchangeTrace trace = new ExchangeTrace();
        ResponseGuard.announce(Connection.from(channel), trace);
        channel.writeAndFlush(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.DELETE, "/x"));
        channel.runPendingTasks();
        return trace;
    }

    private void segment(String text) {
        channel.pipeline().fireChannelRead(bytes(text));
        channel.pipeline().fireChannelReadComplete();
        channel.runPendingTasks();
    }

    private static io.netty.buffer.ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }
}
