package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class CloseCrmSandboxTest {

    private final Http http = new Http();

    @Test
    void deletesAContactThatIsThere() throws Exception {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(3)) {
            String id = sandbox.contactIds().get(1);

            HttpResponse<String> answer = http.delete(sandbox, id);

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{}");
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(answer.headers().firstValue("X-Request-Id")).isPresent();
            assertThat(sandbox.contains(id)).isFalse();
            assertThat(sandbox.contactCount()).isEqualTo(2);
        }
    }
}
