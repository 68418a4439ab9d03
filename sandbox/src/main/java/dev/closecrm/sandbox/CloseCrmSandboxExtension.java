package dev.closecrm.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives every JUnit test a sandbox of its own: started before the test's {@code @BeforeEach} methods, closed after its
 * {@code @AfterEach} methods, whether the field that holds the extension is static or not.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final CloseCrmSandboxExtension sandboxes = CloseCrmSandboxExtension.withContacts(10);
 *
 * @Test
 * void deletesAContact(CloseCrmSandbox sandbox) { ... }
 * }</pre>
 *
 * <p>With {@code @ExtendWith(CloseCrmSandboxExtension.class)} the sandbox has {@value #DEFAULT_CONTACTS} contacts. Test,
 * {@code @BeforeEach} and {@code @AfterEach} methods may take the sandbox as a parameter.
 *
 * <p>A test that passes fails after all if faults given to {@link Faults#next} or {@link Faults#forContact} have not struck:
 * it did not test what it says.
 */
public final class CloseCrmSandboxExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

    /** How many contacts a sandbox has unless told otherwise. */
    public static final int DEFAULT_CONTACTS = 10;

    private final UnaryOperator<CloseCrmSandbox.Builder> settings;
    private final Map<String, CloseCrmSandbox> running = new ConcurrentHashMap<>();

    /** Makes an extension whose sandboxes have {@value #DEFAULT_CONTACTS} contacts and defaults for the rest. */
    public CloseCrmSandboxExtension() {
        this(builder -> builder.contacts(DEFAULT_CONTACTS));
    }

    private CloseCrmSandboxExtension(UnaryOperator<CloseCrmSandbox.Builder> settings) {
        this.settings = settings;
    }

    /**
     * Makes an extension whose sandboxes have so many contacts and defaults for the rest.
     *
     * @param contacts 0 or more
     * @return the extension
     */
    public static CloseCrmSandboxExtension withContacts(int contacts) {
        return new CloseCrmSandboxExtension(builder -> builder.contacts(contacts));
    }

    /**
     * Makes an extension whose sandboxes are built as told.
     *
     * @param settings called for each test with a new builder; returns it
     * @return the extension
     */
    public static CloseCrmSandboxExtension with(UnaryOperator<CloseCrmSandbox.Builder> settings) {
        return new CloseCrmSandboxExtension(Objects.requireNonNull(settings, "settings"));
    }

    /**
     * The sandbox of the test that runs now.
     *
     * @return the sandbox
     * @throws IllegalStateException if no test runs, or several do at once; those take it as a parameter
     */
    public CloseCrmSandbox sandbox() {
        List<CloseCrmSandbox> now = List.copyOf(running.values());
        if (now.size() != 1) {
            throw new IllegalStateException(
                    now.size() + " tests are running; take the CloseCrmSandbox as a parameter of the test method");
        }
        return now.get(0);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        CloseCrmSandbox sandbox = settings.apply(CloseCrmSandbox.builder()).start();
        running.put(context.getUniqueId(), sandbox);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        CloseCrmSandbox sandbox = running.remove(context.getUniqueId());
        if (sandbox == null) {
            return;
        }
        sandbox.close();
        List<Fault> pending = sandbox.faults().pending();
        // A test that failed has its own story to tell.
        if (!pending.isEmpty() && context.getExecutionException().isEmpty()) {
            throw new AssertionError("scripted faults that did not strike: " + pending);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == CloseCrmSandbox.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        CloseCrmSandbox sandbox = running.get(context.getUniqueId());
        if (sandbox == null) {
            throw new ParameterResolutionException("a CloseCrmSandbox lives as long as one test method, so only @Test,"
                    + " @BeforeEach and @AfterEach methods can have it");
        }
        return sandbox;
    }
}
