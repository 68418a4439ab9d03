package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.Insides;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Watches each row of the matrix: every logger is at TRACE and none may tell a secret, nothing may reach
 * {@code onErrorDropped}, and the clients that were made with {@link #over} must have no call under way and no connection open
 * once they are closed.
 */
public final class Watch implements BeforeEachCallback, AfterEachCallback {

    /** The key of every client here. */
    public static final String KEY = "api_matrix.0123456789";

    /** Whatever else must not be told. Rows that have such secrets use these. */
    public static final String PASSWORD = "proxyPassw0rd";

    public static final String TOKEN = "accessT0ken";

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final List<String> SECRETS = List.of(
            KEY,
            encoded(Credentials.apiKey(KEY)),
            PASSWORD,
            TOKEN,
            // "user:" and the password, as a proxy is told them
            java.util.Base64.getEncoder()
                    .encodeToString(("user:" + PASSWORD).getBytes(java.nio.charset.StandardCharsets.US_ASCII)));

    private static final Queue<CloseCrmClient> CLIENTS = new ConcurrentLinkedQueue<>();

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
        for (String secret : SECRETS) {
            assertThat(text).doesNotContain(secret, secret.replace("=", ""));
        }
    }

    @Override
    public void beforeEach(ExtensionContext test) {
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
    public void afterEach(ExtensionContext test) {
        try {
            for (CloseCrmClient client : CLIENTS) {
                Eventually.is("no call is under way", LIMIT, () -> Insides.callsUnderWay(client) == 0);
                client.close();
                Eventually.is("no connection is open", LIMIT, () -> Insides.openConnections(client) == 0);
            }
        } finally {
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

    private void check(String text) {
        for (String secret : SECRETS) {
            if (text.contains(secret)) {
                told.add(text);
            }
        }
    }

    private static String encoded(Credentials credentials) {
        String authorization = credentials.authorization();
        return authorization.substring(authorization.indexOf(' ') + 1).replace("=", "");
    }
}
