package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The examples of docs/sandbox.md. A change here is a change there. */
class SandboxGuideTest {

    @RegisterExtension
    static final CloseCrmSandboxExtension sandboxes = CloseCrmSandboxExtension.withContacts(10);

    private final Http client = new Http();

    @Test
    void startsInOneLine() throws Exception {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(1000)) {
            String id = sandbox.contactIds().get(0);

            client.delete(sandbox, id);

            assertThat(sandbox.contains(id)).isFalse();
            assertThat(sandbox.contactCount()).isEqualTo(999);
        }
    }

    @Test
    void isConfiguredWithABuilder() {
        CloseCrmSandbox.Builder builder = CloseCrmSandbox.builder()
                .contacts(1000)
                .seed(42)
                .apiKey("api_first.key")
                .apiKey("api_second.key")
                .accessToken("an-oauth-token")
                .latency(Duration.ofMillis(20))
                .rateLimit(RateLimit.perKey(100, Duration.ofSeconds(5)).header(HeaderForm.DRAFT_07));
        try (CloseCrmSandbox sandbox = builder.start()) {
            assertThat(sandbox.apiKey()).isEqualTo("api_first.key");
        }
    }

    @Test
    void speaksHttp2OverTls() throws Exception {
        X509Bundle certificate = Certificates.forLocalhost();
        CloseCrmSandbox.Builder builder =
                CloseCrmSandbox.builder().contacts(1000).http2().tls(certificate.toKeyManagerFactory());
        try (CloseCrmSandbox sandbox = builder.start()) {
            assertThat(sandbox.baseUrl()).hasScheme("https");
        }
    }

    @Test
    void deletesAContact(CloseCrmSandbox sandbox) throws Exception {
        String id = sandbox.contactIds().get(0);

        assertThat(client.delete(sandbox, id).statusCode()).isEqualTo(200);
    }

    @Test
    void survivesABadMoment(CloseCrmSandbox sandbox) throws Exception {
        String id = sandbox.contactIds().get(0);
        sandbox.faults().next(Fault.status(503), Fault.status(502).afterDelete());

        assertThat(client.delete(sandbox, id).statusCode()).isEqualTo(503);
        assertThat(client.delete(sandbox, id).statusCode()).isEqualTo(502);
        assertThat(client.delete(sandbox, id).statusCode()).isEqualTo(404);

        Ledger.Entry entry = sandbox.ledger().entry(id);
        assertThat(entry.requests()).isEqualTo(3);
        assertThat(entry.deletes()).isEqualTo(1);
    }

    @Test
    void survivesBadWeather(CloseCrmSandbox sandbox) throws Exception {
        sandbox.faults()
                .every(4, Fault.html(502))
                .withProbability(
                        0.3,
                        42,
                        Fault.delay(Duration.ofMillis(5)),
                        Fault.status(503).afterDelete());

        for (String id : sandbox.contactIds()) {
            while (sandbox.contains(id)) {
                client.delete(sandbox, id);
            }
        }

        assertThat(sandbox.ledger().deleted()).isEqualTo(10);
        assertThat(sandbox.ledger().entries()).allMatch(entry -> entry.deletes() == 1);
    }
}
