package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class CloseCrmSandboxExtensionTest {

    /** Where the inner tests put what they were given; JUnit makes them, so it cannot be handed in. */
    private static final List<CloseCrmSandbox> SEEN = new CopyOnWriteArrayList<>();

    @BeforeEach
    void forget() {
        SEEN.clear();
    }

    @Test
    void everyTestHasARunningSandboxOfItsOwn() {
        assertThat(outcomeOf(Registered.class, "takesAParameter")).isEqualTo("passed");
        assertThat(outcomeOf(Registered.class, "asksTheExtension")).isEqualTo("passed");

        assertThat(SEEN).hasSize(2).doesNotHaveDuplicates();
        assertThat(SEEN).allMatch(CloseCrmSandbox::isDisposed, "disposed after its test");
    }

    @Test
    void extendWithGivesTenContacts() {
        assertThat(outcomeOf(Extended.class, "hasTenContacts")).isEqualTo("passed");
    }

    @Test
    void scriptThatWasNotPlayedFailsTheTest() {
        assertThat(outcomeOf(Registered.class, "forgetsItsFaults"))
                .isEqualTo("scripted faults that did not strike: [status(503), resetAfter()]");
        assertThat(SEEN).allMatch(CloseCrmSandbox::isDisposed, "disposed all the same");
    }

    @Test
    void failureOfTheTestItselfIsToldInstead() {
        assertThat(outcomeOf(Registered.class, "failsBeforeItsFaultsStrike")).isEqualTo("its own failure");
        assertThat(SEEN).allMatch(CloseCrmSandbox::isDisposed, "disposed all the same");
    }

    @Test
    void constructorCannotHaveASandbox() {
        assertThat(outcomeOf(InConstructor.class, "never")).contains("lives as long as one test method");
    }

    @Test
    void outsideATestThereIsNoSandbox() {
        assertThatIllegalStateException().isThrownBy(CloseCrmSandboxExtension.withContacts(1)::sandbox);
    }

    private static String outcomeOf(Class<?> testClass, String method) {
        List<String> outcomes = new ArrayList<>();
        Method test = Stream.of(testClass.getDeclaredMethods())
                .filter(candidate -> candidate.getName().equals(method))
                .findFirst()
                .orElseThrow();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(testClass, test))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
                if (identifier.isTest()) {
                    outcomes.add(
                            result.getThrowable().map(Throwable::getMessage).orElse("passed"));
                }
            }
        });
        assertThat(outcomes).hasSize(1);
        return outcomes.get(0);
    }

    static class Registered {

        @RegisterExtension
        static final CloseCrmSandboxExtension SANDBOXES =
                CloseCrmSandboxExtension.with(builder -> builder.contacts(4).apiKey("api_mine"));

        @BeforeEach
        void sameAsInTheTest(CloseCrmSandbox sandbox) {
            SEEN.add(sandbox);
        }

        @Test
        void takesAParameter(CloseCrmSandbox sandbox) {
            assertThat(SEEN).endsWith(sandbox);
            assertThat(sandbox.isDisposed()).isFalse();
            assertThat(sandbox.contactCount()).isEqualTo(4);
            assertThat(sandbox.apiKey()).isEqualTo("api_mine");
        }

        @Test
        void asksTheExtension(CloseCrmSandbox sandbox) {
            assertThat(SANDBOXES.sandbox()).isSameAs(sandbox);
        }

        @Test
        void forgetsItsFaults(CloseCrmSandbox sandbox) {
            sandbox.faults().next(Fault.status(503), Fault.resetAfter());
        }

        @Test
        void failsBeforeItsFaultsStrike(CloseCrmSandbox sandbox) {
            sandbox.faults().next(Fault.status(503));
            throw new AssertionError("its own failure");
        }
    }

    @ExtendWith(CloseCrmSandboxExtension.class)
    static class Extended {

        @Test
        void hasTenContacts(CloseCrmSandbox sandbox) {
            assertThat(sandbox.contactCount()).isEqualTo(CloseCrmSandboxExtension.DEFAULT_CONTACTS);
        }
    }

    @ExtendWith(CloseCrmSandboxExtension.class)
    static class InConstructor {

        InConstructor(CloseCrmSandbox sandbox) {}

        @Test
        void never() {}
    }
}
