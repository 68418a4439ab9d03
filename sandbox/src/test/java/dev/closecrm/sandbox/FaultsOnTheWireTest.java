package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.SocketException;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultsOnTheWireTest {

    private static final Duration TINY = Duration.ofMillis(1);

    private final Http http = new Http();
    private final CloseCrmSandbox sandbox =
            settings(CloseCrmSandbox.builder()).contacts(2).start();
    private final String id = sandbox.contactIds().get(0);
    private final String other = sandbox.contactIds().get(1);

    CloseCrmSandbox.Builder settings(CloseCrmSandbox.Builder builder) {
        return builder;
    }

    @AfterEach
    void close() {
        assertThat(sandbox.faults().pending()).isEmpty();
        sandbox.close();
    }

    @Test
    void statusTakesThePlaceOfTheDelete() throws Exception {
        sandbox.faults().next(Fault.status(503).header("Retry-After", "1"));

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body()).startsWith("{\"error\": ");
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void statusAfterDeleteHidesTheDelete() throws Exception {
        sandbox.faults().next(Fault.status(500, "oh no").afterDelete());

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("oh no");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void successCanHaveNoBody() throws Exception {
        sandbox.faults().next(Fault.status(204).afterDelete(), Fault.status(200, ""));

        HttpResponse<String> noContent = http.delete(sandbox, id);
        HttpResponse<String> empty = http.delete(sandbox, other);

        assertThat(noContent.statusCode()).isEqualTo(204);
        assertThat(noContent.headers().firstValue("Content-Type")).isEmpty();
        assertThat(empty.statusCode()).isEqualTo(200);
        assertThat(empty.body()).isEmpty();
        assertThat(sandbox.contains(other)).isTrue();
    }

    @Test
    void brokenRefusalsComeAsWritten() throws Exception {
        sandbox.faults()
                .next(Fault.status(429, ""), Fault.status(429, "not json").header("Retry-After", "soon"));

        HttpResponse<String> bare = http.delete(sandbox, id);
        HttpResponse<String> broken = http.delete(sandbox, id);

        assertThat(bare.statusCode()).isEqualTo(429);
        assertThat(bare.body()).isEmpty();
        assertThat(bare.headers().firstValue("Retry-After")).isEmpty();
        assertThat(broken.statusCode()).isEqualTo(429);
        assertThat(broken.body()).isEqualTo("not json");
        assertThat(broken.headers().firstValue("Retry-After")).hasValue("soon");
        assertThat(sandbox.contains(id)).isTrue();
        assertThat(sandbox.ledger().refused429()).isZero();
    }

    @Test
    void noContentIsSaidOfADeleteButNotOfAContactThatIsNotThere() throws Exception {
        sandbox.faults()
                .next(Fault.noContent(), Fault.noContent(), Fault.noContent().afterDelete());

        assertThat(http.delete(sandbox, id).statusCode()).isEqualTo(204);
        assertThat(http.delete(sandbox, id).statusCode()).isEqualTo(404);
        assertThat(http.delete(sandbox, other).statusCode()).isEqualTo(204);
        assertThat(sandbox.ledger().deleted()).isEqualTo(2);
    }

    @Test
    void chunkedAnswerHasNoLength() throws Exception {
        sandbox.faults().next(Fault.chunked(), Fault.chunked());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).segment())
                    .containsIgnoringCase("\r\ntransfer-encoding: chunked\r\n")
                    .doesNotContainIgnoringCase("content-length")
                    .endsWith("\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
            assertThat(connection.delete(other).segment()).startsWith("HTTP/1.1 200 OK\r\n");
        }
        assertThat(sandbox.ledger().deleted()).isEqualTo(2);
    }

    @Test
    void whatOnlyHttp2CanSayIsACloseHere() throws Exception {
        sandbox.faults().next(Fault.refusedStream(), Fault.goAwayBefore(), Fault.goAwayAfter());
        for (boolean there : new boolean[] {true, true, false}) {
            try (RawConnection connection = new RawConnection(sandbox)) {
                assertThat(connection.delete(id).rest()).isEmpty();
            }
            assertThat(sandbox.contains(id)).isEqualTo(there);
        }
    }

    @Test
    void htmlPageIsNotJson() throws Exception {
        sandbox.faults().next(Fault.html(200));

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html");
        assertThat(answer.body()).startsWith("<html>");
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void delayedAnswerIsTheNormalOne() throws Exception {
        sandbox.faults().next(Fault.delay(Duration.ofMillis(50)));
        long began = System.nanoTime();

        assertThat(http.delete(sandbox, id).statusCode()).isEqualTo(200);

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void resetBeforeDeletesNothing() throws Exception {
        sandbox.faults().next(Fault.resetBefore());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThatThrownBy(() -> connection.delete(id).rest())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void resetAfterDeletesFirst() throws Exception {
        sandbox.faults().next(Fault.resetAfter());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThatThrownBy(() -> connection.delete(id).rest())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void closeBeforeEndsInOrderAndDeletesNothing() throws Exception {
        sandbox.faults().next(Fault.closeBefore());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).rest()).isEmpty();
        }
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void closeAfterEndsInOrderAndDeletesFirst() throws Exception {
        sandbox.faults().next(Fault.closeAfter());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).rest()).isEmpty();
        }
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void truncatedAnswerPromisesMoreThanItHas() throws Exception {
        sandbox.faults().next(Fault.truncated());
        try (RawConnection connection = new RawConnection(sandbox)) {
            String head = connection.delete(id).head();

            assertThat(head).startsWith("HTTP/1.1 200 OK\r\n").containsIgnoringCase("\r\ncontent-length: 12\r\n");
            assertThat(connection.rest()).isEqualTo("{}");
        }
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void garbageIsNotHttp() throws Exception {
        sandbox.faults().next(Fault.garbage());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).rest()).isNotEmpty().doesNotContain("HTTP/1.1");
        }
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void interimAnswersComeInOneWriteWithTheFinalOne() throws Exception {
        sandbox.faults().next(Fault.interim(102, 103));
        try (RawConnection connection = new RawConnection(sandbox)) {
            String all = connection.delete(id).segment();

            assertThat(all)
                    .startsWith("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\n{}");
            assertThat(connection.delete(other).answer()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void interimAnswersOnTheirOwnComeBeforeTheFinalOne() throws Exception {
        sandbox.faults().next(Fault.interimApart(100, 103));
        try (RawConnection connection = new RawConnection(sandbox)) {
            connection.delete(id);

            assertThat(connection.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(connection.head()).isEqualTo("HTTP/1.1 103 Early Hints\r\n\r\n");
            assertThat(connection.answer()).startsWith("HTTP/1.1 200 OK\r\n").endsWith("{}");
            assertThat(connection.delete(other).answer()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void slowDripIsWholeInTheEnd() throws Exception {
        sandbox.faults().next(Fault.slowDrip(TINY));
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).answer())
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("{}");
            assertThat(connection.delete(other).answer()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void oversizedBodyHasItsLength() throws Exception {
        sandbox.faults().next(Fault.oversizedBody(1_000_000));

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).hasSize(1_000_000);
        assertThat(sandbox.contains(id)).isTrue();
        assertThat(http.delete(sandbox, id).statusCode()).isEqualTo(200);
    }

    @Test
    void oneRequestCanGetTwoAnswersWhileTheConnectionGoesOn() throws Exception {
        sandbox.faults().next(Fault.twoAnswers());
        try (RawConnection connection = new RawConnection(sandbox)) {
            String all = connection.delete(id).segment();

            assertThat(all.split("HTTP/1.1 200 OK", -1)).hasSize(3);
            assertThat(connection.delete(other).answer()).startsWith("HTTP/1.1 200 OK\r\n");
        }
        assertThat(sandbox.ledger().entry(id).requests()).isEqualTo(1);
        assertThat(sandbox.ledger().deleted()).isEqualTo(2);
    }

    @Test
    void connectionCloseIsAnnouncedAndDone() throws Exception {
        sandbox.faults().next(Fault.connectionClose());
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).rest())
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .containsIgnoringCase("\r\nconnection: close\r\n")
                    .endsWith("{}");
        }
    }

    @Test
    void normalAnswerOfAShapedRequestMayBeARefusal() throws Exception {
        http.delete(sandbox, id);
        sandbox.faults().next(Fault.interim(103));

        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(id).segment()).contains("\r\n\r\nHTTP/1.1 404 Not Found\r\n");
        }
    }

    @Test
    void silentRequestStaysInFlightUntilTheClientHangsUp() throws Exception {
        String missing = "cont_none";
        try (RawConnection silent = new RawConnection(sandbox);
                RawConnection witness = new RawConnection(sandbox)) {
            silent.delete(missing).answer();
            sandbox.faults().forContact(id, Fault.silent().afterDelete());

            silent.delete(id);
            // The server has one thread: after two more round trips it has seen what was sent before them.
            witness.delete(missing).answer();
            witness.delete(missing).answer();

            assertThat(sandbox.contains(id)).isFalse();
            assertThat(sandbox.ledger().inFlight()).isEqualTo(1);
            assertThat(sandbox.ledger().entry(id).lastStatus()).isEmpty();

            silent.hangUp();
            witness.delete(missing).answer();
            witness.delete(missing).answer();
            assertThat(sandbox.ledger().inFlight()).isZero();
            assertThat(sandbox.ledger().connections()).isEqualTo(1);
        }
    }

    @Test
    void clientThatHangsUpDuringADelayDeletesNothing() throws Exception {
        String missing = "cont_none";
        try (RawConnection impatient = new RawConnection(sandbox);
                RawConnection witness = new RawConnection(sandbox)) {
            impatient.delete(missing).answer();
            sandbox.faults().forContact(id, Fault.delay(Duration.ofSeconds(30)));
            impatient.delete(id);
            witness.delete(missing).answer();
            witness.delete(missing).answer();
            assertThat(sandbox.ledger().inFlight()).isEqualTo(1);

            impatient.hangUp();
            witness.delete(missing).answer();
            witness.delete(missing).answer();

            assertThat(sandbox.ledger().inFlight()).isZero();
            assertThat(sandbox.contains(id)).isTrue();
        }
    }
}
