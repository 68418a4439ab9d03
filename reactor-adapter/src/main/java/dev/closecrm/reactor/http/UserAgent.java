package dev.closecrm.reactor.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** The value of the {@code User-Agent} header. */
public final class UserAgent {

    private static final String PRODUCT = "closecrm-reactive/" + version();

    private UserAgent() {}

    /**
     * The header's value.
     *
     * @param suffix a checked suffix, or an empty text
     * @return product, version, and the suffix if there is one
     */
    public static String of(String suffix) {
        return suffix.isEmpty() ? PRODUCT : PRODUCT + " " + suffix;
    }

    /**
     * Checks a suffix.
     *
     * @param suffix any text
     * @return the suffix without blanks around it
     * @throws IllegalArgumentException if it holds anything but visible ASCII and blanks
     */
    public static String requireSuffix(String suffix) {
        Objects.requireNonNull(suffix, "suffix");
        if (!suffix.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException("the User-Agent suffix may hold visible ASCII and blanks only");
        }
        return suffix.strip();
    }

    private static String version() {
        try (InputStream in = UserAgent.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(Objects.requireNonNull(in, "version.properties"));
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
