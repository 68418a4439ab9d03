package dev.closecrm.reactor.http;

import dev.closecrm.core.ClientCertificate;
import dev.closecrm.core.ConnectionOptions;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who is trusted, and who the client is. Files are read here, once, so that a wrong one is found when the client is built. */
final class Tls {

    private Tls() {}

    /**
     * Sets a context up.
     *
     * @throws IllegalArgumentException if a file is not what it should be; the message names it and says what to do
     */
    static void configure(SslContextBuilder context, ConnectionOptions options) {
        // Said aloud, though it is Netty's default since 4.2: the host name is verified.
        context.protocols("TLSv1.3", "TLSv1.2").endpointIdentificationAlgorithm("HTTPS");
        options.trustManagerFactory().ifPresent(context::trustManager);
        options.trustedCertificates().ifPresent(pem -> context.trustManager(certificates(pem, "trustedCertificates")));
        options.keyManagerFactory().ifPresent(context::keyManager);
        options.clientCertificate().ifPresent(files -> clientCertificate(context, files));
    }

    private static void clientCertificate(SslContextBuilder context, ClientCertificate files) {
        String what = "clientCertificate";
        certificates(files.chain(), what);
        String pem = text(files.key(), what);
        String password = files.password().orElse(null);
        if (!pem.contains("PRIVATE KEY-----")) {
            throw wrong(
                    what,
                    files.key(),
                    "holds no private key in PEM form",
                    "it must have a line like " + "-----BEGIN PRIVATE KEY-----",
                    null);
        }
        if (pem.contains("-----BEGIN RSA PRIVATE KEY-----") || pem.contains("-----BEGIN EC PRIVATE KEY-----")) {
            throw wrong(
                    what,
                    files.key(),
                    "holds a key in an older form",
                    "convert it to PKCS #8: " + "openssl pkcs8 -topk8 -in old.pem -out new.pem",
                    null);
        }
        boolean encrypted = pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----");
        if (encrypted && password == null) {
            throw wrong(what, files.key(), "is encrypted", "give its password as the third argument", null);
        }
        try {
            context.keyManager(files.chain().toFile(), files.key().toFile(), encrypted ? password : null);
        } catch (IllegalArgumentException e) {
            // Without the cause: what it says of a key or a password is not ours to vouch for.
            throw wrong(
                    what,
                    files.key(),
                    "cannot be read as a private key",
                    encrypted
                            ? "check the password, and that openssl pkey can read the file with it"
                            : "check that openssl pkey can read it",
                    null);
        }
    }

    private static List<X509Certificate> certificates(Path pem, String what) {
        String text = text(pem, what);
        if (!text.contains("-----BEGIN CERTIFICATE-----")) {
            throw wrong(
                    what,
                    pem,
                    "holds no certificate in PEM form",
                    "it must have a line -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts the binary form",
                    null);
        }
        try {
            // The JDK reads the certificates and passes over what stands between them.
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException e) {
            throw wrong(what, pem, "holds a certificate that cannot be read", "check it with openssl x509 -text", e);
        }
    }

    private static String text(Path file, String what) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw wrong(
                    what,
                    file,
                    "cannot be read (" + e.getClass().getSimpleName() + ")",
                    "check the path, and that this process may read the file",
                    e);
        }
    }

    private static IllegalArgumentException wrong(
            String what, Path file, String matter, String remedy, @Nullable Exception cause) {
        return new IllegalArgumentException(what + ": " + file + " " + matter + "; " + remedy, cause);
    }
}
