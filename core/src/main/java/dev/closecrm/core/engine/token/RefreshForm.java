package dev.closecrm.core.engine.token;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is sent to renew a token: who asks, and the refresh token. Holds secrets, and shows none.
 *
 * <p>The client's name and secret stand in the form, as the Close API documents it, and not in a header.
 */
public final class RefreshForm {

    private static final String MASK = "***";

    private final String form;
    private final List<String> secrets;

    private RefreshForm(String form, List<String> secrets) {
        this.form = form;
        this.secrets = secrets;
    }

    /**
     * Fills in the form.
     *
     * @param clientId the name of the application
     * @param clientSecret its secret
     * @param refreshToken what the renewal is granted for
     * @return the form
     */
    public static RefreshForm of(String clientId, String clientSecret, String refreshToken) {
        String form = "grant_type=refresh_token&client_id=" + encoded(clientId) + "&client_secret="
                + encoded(clientSecret) + "&refresh_token=" + encoded(refreshToken);
        List<String> secrets = Stream.of(clientSecret, refreshToken)
                .flatMap(secret -> Stream.of(encoded(secret), secret))
                .toList();
        return new RefreshForm(form, secrets);
    }

    /**
     * The body of the request, {@code application/x-www-form-urlencoded}. These are the secrets themselves: put them nowhere
     * else.
     *
     * @return the bytes
     */
    public byte[] bytes() {
        return form.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Masks the secrets of this form in a text from somewhere else.
     *
     * @param text any text
     * @return the text without them
     */
    public String redact(String text) {
        String safe = text;
        for (String secret : secrets) {
            safe = safe.replace(secret, MASK);
        }
        return safe;
    }

    @Override
    public String toString() {
        return "RefreshForm[" + MASK + "]";
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
