package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.time.Duration;
import java.util.Base64;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Certificates that come as files, of the service and of the client. */
class ClientCertificatesTest {

    private static final String PASSWORD = "s3cret-of-the-key";
    private static final X509Bundle SERVER = RawServer.certificate("localhost");
    private static final X509Bundle CLIENT = rsa("client");

    @TempDir
    Path home;

    private Path trust;
    private Path chain;
    private Path key;
    private Path encryptedKey;

    @BeforeEach
    void write() throws Exception {
        trust = Files.writeString(
                home.resolve("trust.pem"), "Authority of the house\n" + SERVER.getCertificatePathPEM());
        chain = Files.writeString(home.resolve("chain.pem"), CLIENT.getCertificatePathPEM());
        key = Files.writeString(home.resolve("key.pem"), CLIENT.getPrivateKeyPEM());
        encryptedKey = Files.writeString(home.resolve("encrypted.pem"), encrypted());
    }

    @Test
    void aServerThatAsksForACertificateGetsIt() throws Exception {
        Stream<ConnectionOptions.Builder> forms = Stream.of(
                options().clientCertificate(chain, key),
                options().clientCertificate(chain, encryptedKey, PASSWORD),
                // A password for a key that has none does no harm.
                options().clientCertificate(chain, key, PASSWORD),
                options().keyManagerFactory(CLIENT.toKeyManagerFactory()));
        for (ConnectionOptions.Builder form : forms.toList()) {
            try (RawServer server = demanding()) {
                assertThat(delete(server, form).kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            }
        }
    }

    @Test
    void withoutACertificateNothingIsDeleted() throws Exception {
        try (RawServer server = demanding()) {
            assertThat(delete(server, options()).kind()).isEqualTo(DeleteOutcome.Kind.FAILED);
            assertThat(server.requests()).isEmpty();
        }
    }

    static Stream<Arguments> wrongFiles() {
        return Stream.of(
                Arguments.of("missing.pem", null, "key.pem", "missing.pem", "cannot be read"),
                Arguments.of("empty.pem", "", "key.pem", "empty.pem", "no certificate"),
                Arguments.of("key.pem", null, "key.pem", "key.pem", "no certificate"),
                Arguments.of(
                        "broken.pem",
                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                        "key.pem",
                        "broken.pem",
                        "cannot be read"),
                Arguments.of("chain.pem", null, "missing.pem", "missing.pem", "cannot be read"),
                Arguments.of("chain.pem", null, "chain.pem", "chain.pem", "no private key"),
                Arguments.of("chain.pem", null, "encrypted.pem", "encrypted.pem", "encrypted"));
    }

    @ParameterizedTest
    @MethodSource("wrongFiles")
    void aWrongFileIsNamedWhenTheClientIsBuilt(
            String chainName, String content, String keyName, String named, String matter) throws Exception {
        if (content != null) {
            Files.writeString(home.resolve(chainName), content);
        }
        ConnectionOptions options = options()
                .clientCertificate(home.resolve(chainName), home.resolve(keyName))
                .build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .connections(options)
                        .build())
                .withMessageStartingWith("clientCertificate: " + home.resolve(named))
                .withMessageContaining(matter);
    }

    @Test
    void aWrongPasswordIsNotRepeated() {
        ConnectionOptions options = options()
                .clientCertificate(chain, encryptedKey, "wr0ng-password")
                .build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .connections(options)
                        .build())
                .withMessageContainingAll("encrypted.pem", "check the password")
                .satisfies(e -> assertThat(e.toString()).doesNotContain("wr0ng"));
    }

    @Test
    void aKeyInAnOlderFormIsNamedWithTheRemedy() throws Exception {
        Path old = Files.writeString(
                home.resolve("old.pem"), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        ConnectionOptions options = options().clientCertificate(chain, old).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .connections(options)
                        .build())
                .withMessageContainingAll("old.pem", "openssl pkcs8 -topk8");
    }

    @Test
    void aFileOfTrustedCertificatesThatIsNoneIsNamed() throws Exception {
        ConnectionOptions options =
                ConnectionOptions.builder().trustedCertificates(key).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .connections(options)
                        .build())
                .withMessageStartingWith("trustedCertificates: " + key);
    }

    private ConnectionOptions.Builder options() {
        return ConnectionOptions.builder().trustedCertificates(trust);
    }

    private static RawServer demanding() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                SERVER.toKeyManagerFactory().getKeyManagers(),
                CLIENT.toTrustManagerFactory().getTrustManagers(),
                null);
        SSLServerSocket socket = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(true);
        return RawServer.tls(socket, (request, wire) -> wire.write(Answers.OK));
    }

    private static DeleteOutcome delete(RawServer server, ConnectionOptions.Builder options) {
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(server.baseUrl())
                .connections(options.build())
                .build()) {
            return client.tryDeleteContact(ContactId.of("cont_1"))
                    .block(Duration.ofSeconds(20))
                    .outcome();
        }
    }

    private static X509Bundle rsa(String name) {
        try {
            return new CertificateBuilder()
                    .algorithm(CertificateBuilder.Algorithm.rsa2048)
                    .subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encrypted() throws Exception {
        String algorithm = "PBEWithSHA1AndDESede";
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(PASSWORD.toCharArray())),
                new PBEParameterSpec("saltsalt".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 10_000));
        byte[] sealed = cipher.doFinal(CLIENT.getKeyPair().getPrivate().getEncoded());
        AlgorithmParameters parameters = cipher.getParameters();
        byte[] der = new EncryptedPrivateKeyInfo(parameters, sealed).getEncoded();
        return "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END ENCRYPTED PRIVATE KEY-----\n";
    }
}
