package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.Insides;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Watches each row of the matrix: every logger is at TRACE and none may tell a secret, nothing may reach
 * {@code onErrorDropped}, and the clients that were handed to {@link #watched} must have no call under way and no connection open
 * once they are closed.
 */
public final class Watch implements BeforeEachCallback, AfterEachCallback {

    /** The key of every client here. */
    public static final String KEY = "api_matrix.0123456789";

    // Whatever else must not be told. Rows that have such secrets use these, or longer ones that contain them.

    /** A proxy's, for {@link #USER}. */
    public static final String PASSWORD = "proxyPassw0rd";

    public static final String USER = "user";

    public static final String ACCESS_TOKEN = "accessT0ken";
    public static final String REFRESH_TOKEN = "refreshT0ken";
    public static final String CLIENT_SECRET = "clientS3cret";

    /** The key as it is sent, but for the padding, which some leave out. */
    static final String ENCODED_KEY = encoded(KEY + ":");

    static final List<String> SECRETS = List.of(
            KEY, ENCODED_KEY, PASSWORD, encoded(USER + ":" + PASSWORD), ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET);

    private static final Queue<CloseCrmClient> CLIENTS = new ConcurrentLinkedQueue<>();

    private final Duration limit;
    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();
    private final AtomicLong events = new AtomicLong();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            // What the sandbox logs is not the client's doing.
            if (!event.getThreadName().startsWith("closecrm-sandbox")) {
                events.incrementAndGet();
                check(event.getFormattedMessage());
                if (event.getThrowableProxy() != null) {
                    check(ThrowableProxyUtil.asString(event.getThrowableProxy()));
                }
            }
        }
    };

    /** As an extension of a test class. */
    public Watch() {
        this(Duration.ofSeconds(10));
    }

    /** With a limit of its own for what a client takes to come to rest. */
    Watch(Duration limit) {
        this.limit = limit;
    }

    /** Has a client watched to its end. */
    static CloseCrmClient watched(CloseCrmClient client) {
        CLIENTS.add(client);
        return client;
    }

    /** The whole of an error, its causes and the rest, as a log would show it. */
    public static String inFull(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /** Fails if a text tells a secret. */
    public static void assertTellsNoSecret(String text) {
        assertThat(text).doesNotContain(SECRETS.toArray(CharSequence[]::new));
    }

    @Override
    public void beforeEach(@Nullable ExtensionContext test) {
        told.clear();
        dropped.clear();
        events.set(0);
        CLIENTS.clear();
        Hooks.onErrorDropped(dropped::add);
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        appender.setContext(context);
        appender.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.iteratorForAppenders().forEachRemaining(other -> other.addFilter(new OnlyErrors()));
        root.addAppender(appender);
        root.setLevel(Level.TRACE);
    }

    @Override
    public void afterEach(@Nullable ExtensionContext test) {
        try {
            for (CloseCrmClient client : CLIENTS) {
                Eventually.is("no call is under way", limit, () -> Insides.callsUnderWay(client) == 0);
                client.close();
                Eventually.is("no connection is open", limit, () -> Insides.openConnections(client) == 0);
            }
        } finally {
            // What a failed test has left open would disturb the next one.
            CLIENTS.forEach(CloseCrmClient::dispose);
            Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
            root.setLevel(Level.ERROR);
            root.detachAppender(appender);
            root.iteratorForAppenders().forEachRemaining(other -> other.clearAllFilters());
            Hooks.resetOnErrorDropped();
        }
        assertThat(told).as("secrets that were logged").isEmpty();
        assertThat(dropped).as("errors that were dropped").isEmpty();
        if (!CLIENTS.isEmpty()) {
            assertThat(events).as("events that were looked at").hasPositiveValue();
        }
    }

    /** How many events have been looked at since the test began. */
    long events() {
        return events.get();
    }

    private void check(String text) {
        for (String secret : SECRETS) {
            if (text.contains(secret)) {
                told.add(text);
            }
        }
    }

    private static String encoded(String text) {
        return Base64.getEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
