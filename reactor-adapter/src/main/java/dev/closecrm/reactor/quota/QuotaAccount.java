package dev.closecrm.reactor.quota;

import dev.closecrm.core.Credentials;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Whose quota it is: names a key without showing it.
 *
 * <p>The name is the first half of the SHA-256 digest of the key, so that all who have the key find the same name, in a store that
 * must not have the key. Such a digest hides what cannot be guessed. That holds for keys that a service has made at random: there
 * are too many to try. It would not hold for passwords that people choose. Whoever has both a key and the name can tell that they
 * belong together, and no more.
 *
 * @param id 32 lower-case hexadecimal digits; may be logged, and used as part of a key in a store
 */
public record QuotaAccount(String id) {

    private static final Pattern FORM = Pattern.compile("[0-9a-f]{32}");
    private static final int BYTES = 16;

    /**
     * Checks the form.
     *
     * @throws IllegalArgumentException if the id has another form; it is not repeated, since it might be the key itself
     */
    public QuotaAccount {
        if (!FORM.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "the id of an account has 32 lower-case hexadecimal digits, but this one has another form");
        }
    }

    /**
     * The account of a key.
     *
     * @param credentials the key, or an access token
     * @return the same account for the same credentials, in every process
     */
    public static QuotaAccount of(Credentials credentials) {
        byte[] secret = credentials.authorization().getBytes(StandardCharsets.US_ASCII);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret);
            return new QuotaAccount(HexFormat.of().formatHex(Arrays.copyOf(digest, BYTES)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
