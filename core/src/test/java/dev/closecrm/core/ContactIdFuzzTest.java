package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.closecrm.core.engine.request.ApiEndpoint;
import dev.closecrm.core.error.InvalidContactIdException;
import java.net.URI;

/**
 * Whatever text comes in, what is accepted names one contact and nothing else. Runs over the saved inputs; with
 * {@code JAZZER_FUZZ=1 ./mvnw -pl core test -Dtest=ContactIdFuzzTest} it looks for new ones.
 */
class ContactIdFuzzTest {

    private static final ApiEndpoint ENDPOINT = ApiEndpoint.of(URI.create("https://api.close.com"), false);

    @FuzzTest(maxDuration = "30s")
    void anAcceptedIdStaysInsideTheContactPath(FuzzedDataProvider data) {
        String text = data.consumeRemainingAsString();
        ContactId id;
        try {
            id = ContactId.of(text);
        } catch (InvalidContactIdException refused) {
            assertThat(text).doesNotMatch("cont_[A-Za-z0-9]{1,64}");
            return;
        }
        URI url = ENDPOINT.contact(id);
        assertThat(url.normalize()).isEqualTo(url);
        assertThat(url.getRawPath()).isEqualTo("/api/v1/contact/" + text + "/");
        assertThat(url.getRawQuery()).isNull();
        assertThat(url.getRawFragment()).isNull();
    }
}
