package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.Serializable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyOptionsTest {

    private static final ProxyOptions HTTP = ProxyOptions.http("proxy.example", 3128);
    private static final ProxyOptions SOCKS = ProxyOptions.socks5("proxy.example", 1080);

    @Test
    void theSecretIsNotPrintedAndNotSerialized() {
        ProxyOptions proxy = HTTP.credentials("user", "s3cret");
        assertThat(proxy).hasToString("ProxyOptions[HTTP proxy.example:3128, credentials=***]");
        assertThat(SOCKS.bypass("localhost"))
                .hasToString("ProxyOptions[SOCKS5 proxy.example:1080, bypass=[localhost]]");
        assertThat(proxy).isNotInstanceOf(Serializable.class);
        assertThat(proxy.user()).contains("user");
        assertThat(proxy.password()).contains("s3cret");
    }

    @Test
    void equalProxiesAreEqual() {
        assertThat(HTTP.credentials("user", "s3cret"))
                .isEqualTo(ProxyOptions.http("proxy.example", 3128).credentials("user", "s3cret"))
                .hasSameHashCodeAs(ProxyOptions.http("proxy.example", 3128).credentials("user", "s3cret"))
                .isNotEqualTo(HTTP)
                .isNotEqualTo(HTTP.credentials("user", "other"))
                .isNotEqualTo(HTTP.credentials("other", "s3cret"))
                .isNotEqualTo(HTTP.credentials("user", "s3cret").bypass("localhost"));
        assertThat(HTTP).isNotEqualTo(ProxyOptions.socks5("proxy.example", 3128));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "http://proxy.example", "user:s3cret@proxy.example", "proxy.example/", "a b"})
    void whatIsNoHostIsRefusedWithoutRepeatingIt(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyOptions.http(host, 1))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cret"));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536})
    void aPortOutsideItsRangeIsRefused(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyOptions.socks5("proxy.example", port))
                .withMessageContaining(String.valueOf(port));
    }

    @Test
    void credentialsThatCannotBeCarriedAreRefusedWithoutRepeatingThem() {
        String tooLong = "s3cret".repeat(50);
        assertThat(HTTP.credentials("user", tooLong).password()).contains(tooLong);
        for (Runnable wrong : new Runnable[] {
            () -> HTTP.credentials("us:er", "s3cret"),
            () -> HTTP.credentials("", "s3cret"),
            () -> HTTP.credentials("user", ""),
            () -> HTTP.credentials("user", "s3cret\n"),
            () -> SOCKS.credentials("user", tooLong)
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(wrong::run)
                    .satisfies(e -> assertThat(e.getMessage()).contains("proxy").doesNotContain("s3cret"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, true",
        "LOCALHOST, true",
        "crm.internal.example, true",
        "internal.example, false",
        "api.close.com, false"
    })
    void theListedHostsAreReachedDirectly(String host, boolean direct) {
        assertThat(HTTP.bypass("localhost", ".Internal.example").bypasses(host)).isEqualTo(direct);
        assertThat(HTTP.bypasses(host)).isFalse();
    }
}
