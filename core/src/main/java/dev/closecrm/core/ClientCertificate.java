package dev.closecrm.core;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of a client's own certificate, for mutual TLS. Only their names: they are read when a client is built. The password
 * of the key is a secret: {@link #toString()} prints a mask, {@link #equals(Object)} takes the same time whatever differs, and the
 * type is not serializable.
 */
public final class ClientCertificate {

    private final Path chain;
    private final Path key;
    private final @Nullable String password;

    private ClientCertificate(Path chain, Path key, @Nullable String password) {
        this.chain = Objects.requireNonNull(chain, "chainPem");
        this.key = Objects.requireNonNull(key, "keyPem");
        this.password = password;
    }

    /**
     * A certificate whose key is not encrypted.
     *
     * @param chainPem the certificate and those that lead to its authority, in PEM form
     * @param keyPem the private key in PEM form (PKCS #8)
     * @return the names of the files
     */
    public static ClientCertificate of(Path chainPem, Path keyPem) {
        return new ClientCertificate(chainPem, keyPem, null);
    }

    /**
     * A certificate whose key is encrypted.
     *
     * @param chainPem the certificate and those that lead to its authority, in PEM form
     * @param keyPem the encrypted private key in PEM form (PKCS #8)
     * @param password what it is encrypted with
     * @return the names of the files
     */
    public static ClientCertificate of(Path chainPem, Path keyPem, String password) {
        return new ClientCertificate(chainPem, keyPem, Objects.requireNonNull(password, "password"));
    }

    /**
     * The file of the certificate chain.
     *
     * @return a file in PEM form
     */
    public Path chain() {
        return chain;
    }

    /**
     * The file of the private key.
     *
     * @return a file in PEM form
     */
    public Path key() {
        return key;
    }

    /**
     * What the key is encrypted with. This is the secret itself: put it nowhere else.
     *
     * @return the password, or empty for a key that is not encrypted
     */
    public Optional<String> password() {
        return Optional.ofNullable(password);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClientCertificate that
                && chain.equals(that.chain)
                && key.equals(that.key)
                && (password == null) == (that.password == null)
                && MessageDigest.isEqual(secret(), that.secret());
    }

    private byte[] secret() {
        return password == null ? new byte[0] : password.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int hashCode() {
        return Objects.hash(chain, key, password);
    }

    /** The names of the files, with the password masked. */
    @Override
    public String toString() {
        return "ClientCertificate[chain=" + chain + ", key=" + key + (password == null ? "]" : ", password=***]");
    }
}
