package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** With every logger at its most talkative, neither the key nor its encoded form is told to anybody but the service. */
class SecretsTest {

    private static final String KEY = "api_verySecret.0123456789";

    @Test
    void noLogEventAndNoErrorShowsTheKey() throws Exception {
        String encoded = Credentials.apiKey(KEY).authorization().substring("Basic ".length());
        Queue<String> told = new ConcurrentLinkedQueue<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                told.add(event.getFormattedMessage()
                        + (event.getThrowableProxy() == null
                                ? ""
                                : ThrowableProxyUtil.asString(event.getThrowableProxy())));
            }
        };
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        Level before = root.getLevel();
        root.detachAndStopAllAppenders();
        appender.setContext(context);
        appender.start();
        root.addAppender(appender);
        root.setLevel(Level.TRACE);
        try {
            everyKindOfEnd(told);
        } finally {
            root.setLevel(before);
            root.detachAppender(appender);
        }

        assertThat(told).hasSizeGreaterThan(100);
        for (String line : told) {
            assertThat(line).doesNotContain(KEY, encoded, encoded.replace("=", ""));
        }
    }

    private static void everyKindOfEnd(Queue<String> told) throws Exception {
        List<RawServer.Script> scripts = List.of(
                (request, wire) -> wire.write(Answers.OK),
                (request, wire) -> wire.write(Answers.NOT_FOUND),
                (request, wire) -> wire.write(
                        Answers.json(401, "{\"error\": \"" + request.text().replace("\r\n", "|") + "\"}")),
                (request, wire) -> wire.write(Answers.html(200)),
                (request, wire) -> wire.write("garbage\r\n\r\n"),
                (request, wire) -> wire.write(Answers.OK + Answers.OK),
                (request, wire) -> wire.write(Answers.EARLY_HINTS + Answers.OK),
                (request, wire) -> wire.reset(),
                (request, wire) -> {});
        for (RawServer.Script script : scripts) {
            try (RawServer server = RawServer.plain(script);
                    CloseCrmClient client = CloseCrmClient.builder()
                            .credentials(Credentials.apiKey(KEY))
                            .baseUrl(server.baseUrl())
                            .connections(ConnectionOptions.builder()
                                    .responseTimeout(Duration.ofMillis(300))
                                    .build())
                            .build()) {
                var result = client.tryDeleteContact(ContactId.of("cont_1")).block(Duration.ofSeconds(20));
                told.add(client + " " + result);
                if (result.outcome() instanceof DeleteOutcome.Failed failed) {
                    StringWriter trace = new StringWriter();
                    failed.error().printStackTrace(new PrintWriter(trace));
                    told.add(trace.toString());
                }
            }
        }
    }
}
