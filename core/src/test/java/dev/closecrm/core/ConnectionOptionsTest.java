package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionOptionsTest {

    @Test
    void theDefaultsAreTheDocumentedOnes() {
        ConnectionOptions options = ConnectionOptions.defaults();
        assertThat(options.protocol()).isEqualTo(Protocol.HTTP_1_1);
        assertThat(options.maxConnections()).isEqualTo(32);
        assertThat(options.maxWaitingCalls()).isEqualTo(10_000);
        assertThat(options.pendingAcquireMaxCount()).isEqualTo(64);
        assertThat(options.acquireTimeout()).hasSeconds(5);
        assertThat(options.connectTimeout()).hasSeconds(5);
        assertThat(options.tlsHandshakeTimeout()).hasSeconds(5);
        assertThat(options.responseTimeout()).hasSeconds(10);
        assertThat(options.attemptTimeout()).hasSeconds(15);
        assertThat(options.maxIdleTime()).hasSeconds(30);
        assertThat(options.maxLifeTime()).hasMinutes(5);
        assertThat(options.maxLifeTimeVariance()).isEqualTo(0.1);
        assertThat(options.evictionInterval()).hasSeconds(10);
        assertThat(options.disposeTimeout()).hasSeconds(10);
        assertThat(options.resolver()).isEqualTo(ConnectionOptions.Resolver.NETTY);
        assertThat(options.nameServers()).isEmpty();
        assertThat(options.dnsQueryTimeout()).hasSeconds(2);
        assertThat(options.dnsCacheCeiling()).hasSeconds(60);
        assertThat(options.trustManagerFactory()).isEmpty();
        assertThat(options.trustedCertificates()).isEmpty();
        assertThat(options.keyManagerFactory()).isEmpty();
        assertThat(options.clientCertificate()).isEmpty();
        assertThat(options.proxy()).isEmpty();
    }

    static Stream<Arguments> durations() {
        return Stream.of(
                setter("acquireTimeout", ConnectionOptions.Builder::acquireTimeout),
                setter("connectTimeout", ConnectionOptions.Builder::connectTimeout),
                setter("tlsHandshakeTimeout", ConnectionOptions.Builder::tlsHandshakeTimeout),
                setter("responseTimeout", ConnectionOptions.Builder::responseTimeout),
                setter("attemptTimeout", ConnectionOptions.Builder::attemptTimeout),
                setter("maxIdleTime", ConnectionOptions.Builder::maxIdleTime),
                setter("maxLifeTime", ConnectionOptions.Builder::maxLifeTime),
                setter("evictionInterval", ConnectionOptions.Builder::evictionInterval),
                setter("disposeTimeout", ConnectionOptions.Builder::disposeTimeout),
                setter("dnsQueryTimeout", ConnectionOptions.Builder::dnsQueryTimeout),
                setter("dnsCacheCeiling", ConnectionOptions.Builder::dnsCacheCeiling));
    }

    private static Arguments setter(String name, BiConsumer<ConnectionOptions.Builder, Duration> set) {
        return Arguments.of(name, set);
    }

    @ParameterizedTest
    @MethodSource("durations")
    void aTimeOutsideItsRangeIsRefusedByName(String name, BiConsumer<ConnectionOptions.Builder, Duration> set) {
        ConnectionOptions.Builder builder = ConnectionOptions.builder();
        for (Duration bad :
                new Duration[] {Duration.ZERO, Duration.ofSeconds(-1), Duration.ofNanos(1), Duration.ofDays(25)}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> set.accept(builder, bad))
                    .withMessageStartingWith(name + " is " + bad);
        }
        assertThatNullPointerException().isThrownBy(() -> set.accept(builder, null));
        set.accept(builder, Duration.ofMillis(1));
        assertThat(builder.build().toString()).contains(name + "=PT0.001S");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void aVarianceOutsideItsRangeIsRefused(double bad) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder().maxLifeTimeVariance(bad));
    }

    @Test
    void aLimitBelowOneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder().maxConnections(0))
                .withMessage("maxConnections is 0, must be at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder().maxWaitingCalls(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder().pendingAcquireMaxCount(-1));
    }

    @Test
    void aCopyKeepsEveryValue() throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        ConnectionOptions options = ConnectionOptions.builder()
                .protocol(Protocol.HTTP_2)
                .maxConnections(2)
                .maxWaitingCalls(3)
                .pendingAcquireMaxCount(4)
                .acquireTimeout(Duration.ofSeconds(6))
                .connectTimeout(Duration.ofSeconds(7))
                .tlsHandshakeTimeout(Duration.ofSeconds(8))
                .responseTimeout(Duration.ofSeconds(9))
                .attemptTimeout(Duration.ofSeconds(10))
                .maxIdleTime(Duration.ofSeconds(11))
                .maxLifeTime(Duration.ofSeconds(12))
                .maxLifeTimeVariance(0.5)
                .evictionInterval(Duration.ofSeconds(13))
                .disposeTimeout(Duration.ofSeconds(14))
                .resolver(ConnectionOptions.Resolver.NETTY)
                .nameServers(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 53)))
                .dnsQueryTimeout(Duration.ofSeconds(15))
                .dnsCacheCeiling(Duration.ofSeconds(16))
                .trustManagerFactory(trust)
                .clientCertificate(Path.of("chain.pem"), Path.of("key.pem"), "s3cret")
                .proxy(ProxyOptions.http("proxy", 3128))
                .build();
        assertThat(options.toBuilder().build()).usingRecursiveComparison().isEqualTo(options);
        assertThat(options.toBuilder().build().trustManagerFactory()).contains(trust);
    }

    @Test
    void aCopyKeepsTheOtherFormsToo() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        ConnectionOptions options = ConnectionOptions.builder()
                .resolver(ConnectionOptions.Resolver.JVM)
                .trustedCertificates(Path.of("trust.pem"))
                .keyManagerFactory(keys)
                .build();
        ConnectionOptions copy = options.toBuilder().build();
        assertThat(copy.resolver()).isEqualTo(ConnectionOptions.Resolver.JVM);
        assertThat(copy.trustedCertificates()).contains(Path.of("trust.pem"));
        assertThat(copy.keyManagerFactory()).contains(keys);
    }

    @Test
    void oneThingIsNotSaidTwice() throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder()
                        .trustManagerFactory(trust)
                        .trustedCertificates(Path.of("trust.pem"))
                        .build())
                .withMessageContainingAll("trustManagerFactory", "trustedCertificates");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder()
                        .keyManagerFactory(keys)
                        .clientCertificate(Path.of("chain.pem"), Path.of("key.pem"))
                        .build())
                .withMessageContainingAll("keyManagerFactory", "clientCertificate");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder()
                        .resolver(ConnectionOptions.Resolver.JVM)
                        .nameServers(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 53)))
                        .build())
                .withMessageContainingAll("nameServers", "NETTY");
    }

    @Test
    void aNameServerIsAnAddress() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionOptions.builder()
                        .nameServers(List.of(InetSocketAddress.createUnresolved("dns.example", 53))))
                .withMessageContaining("dns.example");
    }

    @Test
    void thePasswordOfAKeyIsNotPrinted() {
        ConnectionOptions options = ConnectionOptions.builder()
                .clientCertificate(Path.of("chain.pem"), Path.of("key.pem"), "s3cret")
                .proxy(ProxyOptions.http("proxy", 3128).credentials("user", "s3cret"))
                .build();
        assertThat(options.toString())
                .contains("chain.pem", "key.pem", "proxy:3128")
                .doesNotContain("s3cret");
        ClientCertificate certificate = ClientCertificate.of(Path.of("a"), Path.of("b"), "s3cret");
        assertThat(certificate)
                .isEqualTo(ClientCertificate.of(Path.of("a"), Path.of("b"), "s3cret"))
                .hasSameHashCodeAs(ClientCertificate.of(Path.of("a"), Path.of("b"), "s3cret"))
                .isNotEqualTo(ClientCertificate.of(Path.of("a"), Path.of("b"), "other"))
                .isNotEqualTo(ClientCertificate.of(Path.of("a"), Path.of("b")));
        assertThat(certificate.password()).contains("s3cret");
    }
}
