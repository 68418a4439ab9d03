package dev.closecrm.reactor.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.netty.channel.AbortedException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

class FaultReaderTest {

    static Stream<Arguments> errorsBeforeARequest() {
        return Stream.of(
                Arguments.of(new UnknownHostException("nowhere.invalid"), Phase.DNS, false),
                Arguments.of(new ConnectException("refused"), Phase.CONNECT, false),
                Arguments.of(new ConnectTimeoutException("slow"), Phase.CONNECT, true),
                Arguments.of(new SSLHandshakeException("untrusted"), Phase.TLS, false),
                Arguments.of(new DecoderException(new SSLHandshakeException("untrusted")), Phase.TLS, false),
                Arguments.of(new SslHandshakeTimeoutException("slow"), Phase.TLS, true),
                Arguments.of(new TimeoutException("15 s"), Phase.CONNECT, true),
                Arguments.of(new PoolShutdownException(), Phase.POOL, false),
                Arguments.of(new IOException("closed"), Phase.EXCHANGE, false),
                Arguments.of(ringOfCauses(), Phase.EXCHANGE, false));
    }

    @ParameterizedTest
    @MethodSource("errorsBeforeARequest")
    void beforeARequestIsBegunTheErrorNamesThePhase(Throwable error, Phase phase, boolean timedOut) {
        AttemptResult.Faulted fault = (AttemptResult.Faulted)
                FaultReader.read(error, Phase.CONNECT, new ExchangeTrace(), UnaryOperator.identity());
        assertThat(fault.phase()).isEqualTo(phase);
        assertThat(fault.timedOut()).isEqualTo(timedOut);
        assertThat(fault.delivery()).isEqualTo(Delivery.NOT_SENT);
        assertThat(fault.cause()).isSameAs(error);
    }

    @ParameterizedTest
    @MethodSource("errorsBeforeARequest")
    void afterwardsOnlyTheTraceCounts(Throwable error, Phase ignoredPhase, boolean ignoredTimeOut) {
        ExchangeTrace begun = new ExchangeTrace();
        begun.requestMayBegin();
        AttemptResult.Faulted fault =
                (AttemptResult.Faulted) FaultReader.read(error, Phase.CONNECT, begun, UnaryOperator.identity());
        assertThat(fault.phase()).isEqualTo(Phase.EXCHANGE);
        assertThat(fault.delivery()).isEqualTo(Delivery.UNKNOWN);

        begun.answerMalformed();
        assertThat(((AttemptResult.Faulted) FaultReader.read(error, Phase.CONNECT, begun, UnaryOperator.identity()))
                        .phase())
                .isEqualTo(Phase.PROTOCOL);
    }

    static Stream<Arguments> errorsOverAConnection() {
        return Stream.of(
                Arguments.of(AbortedException.beforeSend()),
                Arguments.of(new ClosedChannelException()),
                // In the very moment in which the connection was handed out; it is not one that could not be opened.
                Arguments.of(new SocketException("Connection reset")));
    }

    @ParameterizedTest
    @MethodSource("errorsOverAConnection")
    void aConnectionThatDiedBeforeTheRequestBeganLeftItUnprocessed(Throwable error) {
        ExchangeTrace trace = new ExchangeTrace();
        trace.connectionTaken();
        assertFault(
                FaultReader.read(error, Phase.CONNECT, trace, UnaryOperator.identity()),
                Delivery.NOT_SENT,
                Prospect.UNPROCESSED);
    }

    @ParameterizedTest
    @MethodSource("errorsOverAConnection")
    void soDidOneThatDidNotTakeItWhole(Throwable error) {
        ExchangeTrace trace = new ExchangeTrace();
        trace.connectionTaken();
        trace.requestMayBegin();
        trace.requestCutOff();
        assertFault(
                FaultReader.read(error, Phase.CONNECT, trace, UnaryOperator.identity()),
                Delivery.NOT_SENT,
                Prospect.UNPROCESSED);
    }

    @ParameterizedTest
    @MethodSource("errorsOverAConnection")
    void soDidAServerThatSaidSo(Throwable error) {
        ExchangeTrace trace = new ExchangeTrace();
        trace.connectionTaken();
        trace.requestMayBegin();
        trace.requestWritten();
        trace.requestRefused();
        assertFault(
                FaultReader.read(error, Phase.CONNECT, trace, UnaryOperator.identity()),
                Delivery.NOT_SENT,
                Prospect.UNPROCESSED);
    }

    @ParameterizedTest
    @MethodSource("errorsOverAConnection")
    void whatWasWrittenMayHaveBeenProcessed(Throwable error) {
        ExchangeTrace trace = new ExchangeTrace();
        trace.connectionTaken();
        trace.requestMayBegin();
        trace.requestWritten();
        assertFault(
                FaultReader.read(error, Phase.CONNECT, trace, UnaryOperator.identity()),
                Delivery.UNKNOWN,
                Prospect.TRANSIENT);
    }

    @Test
    void aTimeOutIsNoReasonToAskAgainAtOnce() {
        ExchangeTrace trace = new ExchangeTrace();
        trace.connectionTaken();
        assertFault(
                FaultReader.read(new TimeoutException("15 s"), Phase.CONNECT, trace, UnaryOperator.identity()),
                Delivery.NOT_SENT,
                Prospect.TRANSIENT);
    }

    private static void assertFault(AttemptResult result, Delivery delivery, Prospect prospect) {
        AttemptResult.Faulted fault = (AttemptResult.Faulted) result;
        assertThat(fault.phase()).isEqualTo(Phase.EXCHANGE);
        assertThat(fault.delivery()).isEqualTo(delivery);
        assertThat(fault.prospect()).isEqualTo(prospect);
    }

    static Stream<Arguments> errorsWhosePlaceMatters() {
        return Stream.of(
                Arguments.of(new TimeoutException("15 s"), Phase.DNS, Phase.DNS, true),
                Arguments.of(new TimeoutException("15 s"), Phase.PROXY, Phase.PROXY, true),
                Arguments.of(new TimeoutException("15 s"), Phase.TLS, Phase.TLS, true),
                Arguments.of(new ClosedChannelException(), Phase.TLS, Phase.TLS, false),
                Arguments.of(new SocketException("Connection reset"), Phase.TLS, Phase.TLS, false),
                Arguments.of(new ClosedChannelException(), Phase.CONNECT, Phase.EXCHANGE, false));
    }

    @ParameterizedTest
    @MethodSource("errorsWhosePlaceMatters")
    void anErrorThatSaysNoPhaseHasThatOfItsPlace(Throwable error, Phase reached, Phase phase, boolean timedOut) {
        AttemptResult.Faulted fault =
                (AttemptResult.Faulted) FaultReader.read(error, reached, new ExchangeTrace(), UnaryOperator.identity());
        assertThat(fault.phase()).isEqualTo(phase);
        assertThat(fault.timedOut()).isEqualTo(timedOut);
        assertThat(fault.prospect()).isEqualTo(AttemptResult.Prospect.TRANSIENT);
    }

    @Test
    void whatQuotesTheKeyIsMasked() {
        IOException quoting = new IOException("cannot write s3cret");
        AttemptResult.Faulted fault = (AttemptResult.Faulted)
                FaultReader.read(quoting, Phase.CONNECT, new ExchangeTrace(), text -> text.replace("s3cret", "***"));
        assertThat(fault.detail()).isEqualTo("cannot write ***");
    }

    @Test
    void silenceIsATimeOut() {
        ExchangeTrace begun = new ExchangeTrace();
        begun.requestMayBegin();
        AttemptResult.Faulted fault = (AttemptResult.Faulted)
                FaultReader.read(ReadTimeoutException.INSTANCE, Phase.CONNECT, begun, UnaryOperator.identity());
        assertThat(fault.timedOut()).isTrue();
        assertThat(fault.detail()).isEqualTo("ReadTimeoutException");
    }

    @Test
    void theNameOfTheSystemCallIsLeftOut() {
        ConnectException refused =
                new ConnectException("finishConnect(..) failed with error(-111): Connection refused: h:1");
        AttemptResult.Faulted fault = (AttemptResult.Faulted)
                FaultReader.read(refused, Phase.CONNECT, new ExchangeTrace(), UnaryOperator.identity());
        assertThat(fault.detail()).isEqualTo("Connection refused: h:1");
    }

    private static Throwable ringOfCauses() {
        IOException one = new IOException("one");
        IOException two = new IOException("two", one);
        one.initCause(two);
        return one;
    }
}
