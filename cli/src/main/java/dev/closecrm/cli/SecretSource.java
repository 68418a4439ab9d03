package dev.closecrm.cli;

import dev.closecrm.core.Credentials;
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

    /**
     * Finds the credentials. A file wins, since it was named; of the two variables only one may be set, since a guess could
     * delete in the wrong organisation.
     */
    Credentials credentials(@Nullable Path keyFile) {
        if (keyFile != null) {
            return apiKey(firstLine(keyFile), "the API key in " + keyFile);
        }
        String key = environment.getOrDefault(API_KEY, "");
        String token = environment.getOrDefault(ACCESS_TOKEN, "");
        if (!key.isEmpty() && !token.isEmpty()) {
            throw new UsageException(API_KEY + " and " + ACCESS_TOKEN + " are both set; unset one of them");
        }
        if (!key.isEmpty()) {
            return apiKey(key, API_KEY);
        }
        if (!token.isEmpty()) {
            return accessToken(token);
        }
        throw new UsageException("no credentials: set " + API_KEY + " (or " + ACCESS_TOKEN
                + "), or name a file that holds the key with --api-key-file");
    }

    private static Credentials apiKey(String key, String from) {
        try {
            return Credentials.apiKey(key);
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
