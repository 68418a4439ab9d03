package dev.closecrm.cli;

import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.UsageException;
import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the key or token comes from: a file or the environment. Never an argument, because every user of the machine can read
 * those, and shells keep them.
 */
final class SecretSource {

    static final String API_KEY = "CLOSE_API_KEY";
    static final String ACCESS_TOKEN = "CLOSE_ACCESS_TOKEN";

    private static final int LONGEST_LINE = 8_192;
    private static final String BOM = "\u00ef\u00bb\u00bf"; // UTF-8's mark, read as Latin-1

    private final Map<String, String> environment;

    SecretSource(Map<String, String> environment) {
        this.environment = environment;
    }

    /** What was found. */
    sealed interface Secret {
        CloseCrmClient.Builder into(CloseCrmClient.Builder client);

        /** One key or several. */
        record Keys(ApiKeys keys) implements Secret {
            @Override
            public CloseCrmClient.Builder into(CloseCrmClient.Builder client) {
                return client.credentials(keys);
            }
        }

        /** An access token, or the one key of a sandbox. */
        record One(Credentials credentials) implements Secret {
            @Override
            public CloseCrmClient.Builder into(CloseCrmClient.Builder client) {
                return client.credentials(credentials);
            }
        }
    }

    /**
     * Finds the credentials. A file wins, since it was named; of the two variables only one may be set, since a guess could
     * delete in the wrong organisation.
     */
    Secret secret(@Nullable Path keyFile) {
        if (keyFile != null) {
            return keys(firstLine(keyFile), "the API key in " + keyFile);
        }
        String key = environment.getOrDefault(API_KEY, "");
        String token = environment.getOrDefault(ACCESS_TOKEN, "");
        if (!key.isEmpty() && !token.isEmpty()) {
            throw new UsageException(API_KEY + " and " + ACCESS_TOKEN + " are both set; unset one of them");
        }
        if (!key.isEmpty()) {
            return keys(key, API_KEY);
        }
        if (!token.isEmpty()) {
            return new Secret.One(accessToken(token));
        }
        throw new UsageException("no credentials: set " + API_KEY + " (or " + ACCESS_TOKEN
                + "), or name a file that holds the key with --api-key-file");
    }

    /** One key, or several of one organisation with commas between them. */
    private static Secret keys(String text, String from) {
        try {
            return new Secret.Keys(Credentials.keys(text.split(",", -1)));
        } catch (IllegalArgumentException e) {
            throw new UsageException(from + " cannot be used: " + e.getMessage());
        }
    }

    private static Credentials accessToken(String token) {
        try {
            return Credentials.accessToken(token);
        } catch (IllegalArgumentException e) {
            throw new UsageException(ACCESS_TOKEN + " cannot be used: " + e.getMessage());
        }
    }

    private static String firstLine(Path file) {
        String start;
        try (InputStream in = Files.newInputStream(file)) {
            // Latin-1 accepts every byte; what is not ASCII is refused with the key.
            start = new String(in.readNBytes(LONGEST_LINE), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UsageException("cannot read the API key: " + FileTrouble.of(file, e));
        }
        String text = start.startsWith(BOM) ? start.substring(BOM.length()) : start;
        return text.lines().findFirst().orElse("");
    }
}
