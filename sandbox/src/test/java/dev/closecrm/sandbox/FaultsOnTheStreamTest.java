package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultsOnTheStreamTest {

    private static final Duration TINY = Duration.ofNanos(100_000);
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final String[] OK_ON_FIFTH = {"5 HEADERS 200 length 2", "5 DATA {}", "5 END"};

    private final CloseCrmSandbox sandbox =
            CloseCrmSandbox.builder().contacts(3).http2().start();
    private final String id = sandbox.contactIds().get(0);
    private final String other = sandbox.contactIds().get(1);
    private final String third = sandbox.contactIds().get(2);
    private final RawHttp2 http2 = new RawHttp2(sandbox);

    @AfterEach
    void close() {
        http2.close();
        assertThat(sandbox.faults().pending()).isEmpty();
        Await.untilNothingIsLeft(sandbox.ledger());
        assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
        sandbox.close();
    }

    @Test
    void withoutFaultsStreamsShareTheConnection() throws Exception {
        http2.delete(id);
        assertThat(http2.until("3 END")).containsExactly("3 HEADERS 200 length 2", "3 DATA {}", "3 END");
        http2.delete(id);
        assertThat(http2.until("5 END")).startsWith("5 HEADERS 404 length 39");
        assertThat(sandbox.ledger().entry(id).lastStatus()).hasValue(404);
        assertThat(sandbox.ledger().deleted()).isEqualTo(1);
        assertThat(sandbox.ledger().inFlight()).isZero();
    }

    @Test
    void streamsAreInFlightTogetherAndOvertakeEachOther() throws Exception {
        sandbox.faults().forContact(id, Fault.delay(SHORT));
        http2.deleteAtOnce(id, other, third);

        assertThat(http2.until("3 END")).containsSubsequence("5 END", "7 END", "3 HEADERS 200 length 2");
        assertThat(sandbox.ledger().peakInFlight()).isGreaterThan(1);
        assertThat(sandbox.ledger().deleted()).isEqualTo(3);
    }

    @Test
    void brokenRefusalsComeAsWritten() throws Exception {
        sandbox.faults()
                .next(
                        Fault.status(429, ""),
                        Fault.status(429, "not json"),
                        Fault.status(429, "").header("Retry-After", "soon"),
                        Fault.html(502));
        http2.delete(id);
        assertThat(http2.until("3 END")).containsExactly("3 HEADERS 429 length 0", "3 END");
        http2.delete(id);
        assertThat(http2.until("5 END")).containsExactly("5 HEADERS 429 length 8", "5 DATA not json", "5 END");
        http2.delete(id);
        assertThat(http2.until("7 END")).containsExactly("7 HEADERS 429 length 0 retry after soon", "7 END");
        http2.delete(id);
        assertThat(http2.until("9 END")).startsWith("9 HEADERS 502 length 122");
        assertThat(sandbox.contains(id)).isTrue();
        assertThat(sandbox.ledger().refused429()).isZero();
    }

    @Test
    void noContentIsSaidOfADeleteButNotOfAContactThatIsNotThere() throws Exception {
        sandbox.faults().next(Fault.noContent(), Fault.noContent());
        http2.delete(id);
        assertThat(http2.until("3 END")).containsExactly("3 HEADERS 204", "3 END");
        http2.delete(id);
        assertThat(http2.until("5 END")).startsWith("5 HEADERS 404 length 39");
        assertThat(sandbox.ledger().deleted()).isEqualTo(1);
    }

    @Test
    void resetBeforeEndsItsStreamOnlyAndDeletesNothing() throws Exception {
        sandbox.faults().next(Fault.resetBefore());
        http2.delete(id);
        assertThat(http2.next()).isEqualTo("3 RST INTERNAL_ERROR");
        assertThat(sandbox.contains(id)).isTrue();
        assertThat(sandbox.ledger().entry(id).lastStatus()).isEmpty();
        assertThatTheConnectionGoesOn();
    }

    @Test
    void resetAfterDeletesFirst() throws Exception {
        sandbox.faults().next(Fault.resetAfter());
        http2.delete(id);
        assertThat(http2.next()).isEqualTo("3 RST INTERNAL_ERROR");
        assertThat(sandbox.contains(id)).isFalse();
        assertThatTheConnectionGoesOn();
    }

    @Test
    void refusedStreamDeletesNothing() throws Exception {
        sandbox.faults().next(Fault.refusedStream());
        http2.delete(id);
        assertThat(http2.next()).isEqualTo("3 RST REFUSED_STREAM");
        assertThat(sandbox.contains(id)).isTrue();
        assertThatTheConnectionGoesOn();
    }

    @Test
    void connectionSurvivesAnyNumberOfResetsFromEitherSide() throws Exception {
        sandbox.faults().every(2, Fault.refusedStream()).every(1, Fault.silent());
        for (int stream = 3; stream < 1203; stream += 4) {
            RawHttp2.cancel(http2.delete(id));
            http2.delete(id);
            assertThat(http2.next()).isEqualTo(stream + 2 + " RST REFUSED_STREAM");
        }
        sandbox.faults().clear();
        http2.delete(id);
        assertThat(http2.until("1203 END")).startsWith("1203 HEADERS 200 length 2");
    }

    @Test
    void closeBeforeEndsTheConnectionAndDeletesNothing() throws Exception {
        sandbox.faults().forContact(id, Fault.silent()).forContact(other, Fault.closeBefore());
        http2.deleteAtOnce(id, other);
        assertThat(http2.next()).isEqualTo("CLOSED");
        assertThat(sandbox.ledger().deleted()).isZero();
    }

    @Test
    void closeAfterDeletesFirst() throws Exception {
        sandbox.faults().next(Fault.closeAfter());
        http2.delete(id);
        assertThat(http2.next()).isEqualTo("CLOSED");
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void goAwayBeforeDisownsItsStreamAndThoseAfterIt() throws Exception {
        sandbox.faults().forContact(id, Fault.delay(SHORT)).forContact(other, Fault.goAwayBefore());
        http2.deleteAtOnce(id, other, third);
        assertThat(http2.until("CLOSED"))
                .containsExactly("GOAWAY 3", "3 HEADERS 200 length 2", "3 DATA {}", "3 END", "CLOSED");
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.contains(other)).isTrue();
        assertThat(sandbox.contains(third)).isTrue();
        assertThat(sandbox.ledger().requests()).isEqualTo(2);
    }

    @Test
    void goAwayBeforeDoesNotWaitForTheLatency() throws Exception {
        try (CloseCrmSandbox slow = CloseCrmSandbox.builder()
                        .contacts(3)
                        .latency(SHORT)
                        .http2()
                        .start();
                RawHttp2 client = new RawHttp2(slow)) {
            List<String> ids = slow.contactIds();
            slow.faults().forContact(ids.get(1), Fault.goAwayBefore());
            client.deleteAtOnce(ids.toArray(String[]::new));
            assertThat(client.until("CLOSED")).startsWith("GOAWAY 3").contains("3 END");
            assertThat(slow.contains(ids.get(2))).isTrue();
        }
    }

    @Test
    void goAwayAfterDeletesAndSaysNothingOfIt() throws Exception {
        sandbox.faults().forContact(id, Fault.goAwayAfter().delayed(SHORT)).forContact(other, Fault.silent());
        http2.deleteAtOnce(id, other);
        assertThat(http2.until("CLOSED")).containsExactly("GOAWAY 5", "CLOSED");
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.ledger().entry(id).lastStatus()).isEmpty();
    }

    @Test
    void connectionCloseSaysGoodbyeAfterItsAnswerAndWaitsForTheOthers() throws Exception {
        sandbox.faults().forContact(id, Fault.connectionClose()).forContact(other, Fault.delay(SHORT));
        http2.deleteAtOnce(id, other);
        assertThat(http2.until("CLOSED"))
                .startsWith("3 HEADERS 200 length 2", "3 DATA {}", "3 END", "GOAWAY 5")
                .endsWith("5 HEADERS 200 length 2", "5 DATA {}", "5 END", "CLOSED");
        assertThat(sandbox.ledger().deleted()).isEqualTo(2);
    }

    @Test
    void truncatedAnswerPromisesMoreThanItHas() throws Exception {
        sandbox.faults().next(Fault.truncated());
        http2.delete(id);
        assertThat(http2.until("3 RST INTERNAL_ERROR"))
                .containsExactly("3 HEADERS 200 length 12", "3 DATA {}", "3 RST INTERNAL_ERROR");
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.ledger().entry(id).lastStatus()).isEmpty();
        assertThatTheConnectionGoesOn();
    }

    @Test
    void garbageIsNotAFrame() throws Exception {
        sandbox.faults().next(Fault.garbage());
        http2.delete(id);
        assertThat(http2.until("CLOSED")).containsExactly("ERROR FRAME_SIZE_ERROR", "CLOSED");
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void interimAnswersComeBeforeTheFinalOne() throws Exception {
        sandbox.faults().next(Fault.interim(102, 103), Fault.interimApart(100, 103));
        http2.delete(id);
        assertThat(http2.until("3 END"))
                .containsExactly("3 HEADERS 102", "3 HEADERS 103", "3 HEADERS 200 length 2", "3 DATA {}", "3 END");
        http2.delete(id);
        assertThat(http2.until("5 END")).startsWith("5 HEADERS 100", "5 HEADERS 103", "5 HEADERS 404 length 39");
        assertThat(sandbox.ledger().entry(id).lastStatus()).hasValue(404);
    }

    @Test
    void slowDripComesByteByByte() throws Exception {
        sandbox.faults().next(Fault.slowDrip(TINY));
        http2.delete(id);
        assertThat(http2.until("3 END")).containsExactly("3 HEADERS 200 length 2", "3 DATA {", "3 DATA }", "3 END");
    }

    @Test
    void oversizedBodyHasItsLength() throws Exception {
        sandbox.faults().next(Fault.oversizedBody(1_000_000));
        http2.delete(id);
        List<String> all = http2.until("3 END");
        assertThat(all).startsWith("3 HEADERS 200 length 1000000");
        assertThat(http2.bytesRead()).isEqualTo(1_000_000);
        assertThat(sandbox.contains(id)).isTrue();
        assertThatTheConnectionGoesOn();
    }

    @Test
    void oversizedBodyWaitsForTheWindowAndEndsWithACancel() throws Exception {
        try (CloseCrmSandbox mine =
                        CloseCrmSandbox.builder().contacts(1).http2().start();
                RawHttp2 closed =
                        new RawHttp2(mine, Http2Settings.defaultSettings().initialWindowSize(0))) {
            mine.faults().next(Fault.oversizedBody(1_000_000));
            Channel stream = closed.delete(mine.contactIds().get(0));
            assertThat(closed.next()).isEqualTo("3 HEADERS 200 length 1000000");
            assertThat(mine.ledger().inFlight()).isEqualTo(1);
            RawHttp2.cancel(stream);
            Await.until(() -> mine.ledger().inFlight() == 0);
            assertThat(mine.ledger().connections()).isEqualTo(1);
        }
    }

    @Test
    void streamsHaveOneAnswerAndNoChunks() throws Exception {
        sandbox.faults().next(Fault.twoAnswers(), Fault.chunked());
        http2.delete(id);
        assertThat(http2.until("3 END")).containsExactly("3 HEADERS 200 length 2", "3 DATA {}", "3 END");
        http2.delete(other);
        assertThat(http2.until("5 END")).containsExactly(OK_ON_FIFTH);
    }

    @Test
    void silentRequestStaysInFlightUntilItIsCancelled() throws Exception {
        sandbox.faults().next(Fault.silent().afterDelete());
        Channel silent = http2.delete(id);
        assertThatTheConnectionGoesOn();
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.ledger().inFlight()).isEqualTo(1);

        RawHttp2.cancel(silent);

        Await.until(() -> sandbox.ledger().inFlight() == 0);
        assertThat(sandbox.ledger().entry(id).lastStatus()).isEmpty();
        assertThat(sandbox.ledger().connections()).isEqualTo(1);
    }

    @Test
    void requestCancelledDuringADelayDeletesNothing() throws Exception {
        sandbox.faults().next(Fault.delay(Duration.ofSeconds(30)));
        Channel impatient = http2.delete(id);
        assertThatTheConnectionGoesOn();

        RawHttp2.cancel(impatient);

        Await.until(() -> sandbox.ledger().inFlight() == 0);
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void clientThatHangsUpEndsAllOfItsStreams() throws Exception {
        sandbox.faults().forContact(id, Fault.silent()).forContact(other, Fault.delay(Duration.ofSeconds(30)));
        http2.deleteAtOnce(id, other, third);
        assertThat(http2.until("7 END")).hasSize(3);
        assertThat(sandbox.ledger().inFlight()).isEqualTo(2);

        http2.hangUp();

        Await.untilNothingIsLeft(sandbox.ledger());
        assertThat(sandbox.contains(other)).isTrue();
    }

    @Test
    void closeOfTheSandboxDoesNotWaitForStreams() throws Exception {
        sandbox.faults().next(Fault.silent());
        http2.delete(id);
        assertThatTheConnectionGoesOn();

        sandbox.close();

        assertThat(http2.next()).isEqualTo("CLOSED");
    }

    private void assertThatTheConnectionGoesOn() throws InterruptedException {
        http2.delete(other);
        assertThat(http2.until("5 END")).containsExactly(OK_ON_FIFTH);
    }
}
