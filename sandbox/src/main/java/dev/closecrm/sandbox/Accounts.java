package dev.closecrm.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who may ask: API keys and access tokens, found by the {@code Authorization} header that carries them. */
final class Accounts {

    /**
     * Whose quota a request uses.
     *
     * @param credential the API key or access token
     * @param organisation the organisation it belongs to
     */
    record Caller(String credential, String organisation) {

        @Override
        public String toString() {
            return "Caller[organisation=" + organisation + "]";
        }
    }

    private final Map<String, Caller> byHeader = new HashMap<>();

    void addApiKey(String key, String organisation) {
        byte[] userAndEmptyPassword = (key + ":").getBytes(StandardCharsets.UTF_8);
        byHeader.put(
                "basic " + Base64.getEncoder().encodeToString(userAndEmptyPassword), new Caller(key, organisation));
    }

    void addAccessToken(String token, String organisation) {
        byHeader.put("bearer " + token, new Caller(token, organisation));
    }

    @Nullable Caller find(@Nullable String authorization) {
        int space = authorization == null ? -1 : authorization.indexOf(' ');
        if (authorization == null || space < 0) {
            return null;
        }
        // The scheme's name has no case (RFC 9110, 11.1); what follows it has.
        String scheme = authorization.substring(0, space).toLowerCase(Locale.ROOT);
        return byHeader.get(scheme + " " + authorization.substring(space).strip());
    }
}
