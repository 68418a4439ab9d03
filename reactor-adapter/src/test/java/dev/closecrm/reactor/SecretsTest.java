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
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.auth.TokenStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** With every logger at its most talkative, neither a key nor a token is told to anybody but those it is for. */
class SecretsTest {

    private static final String KEY = "api_verySecret.0123456789";

    @Test
    void noLogEventAndNoErrorShowsTheKey() throws Exception {
        String encoded = Credentials.apiKey(KEY).authorization().substring("Basic ".length());
        Queue<String> told = listening(SecretsTest::everyKindOfEnd);

        assertThat(told).hasSizeGreaterThan(100);
        for (String line : told) {
            assertThat(line).doesNotContain(KEY, encoded, encoded.replace("=", ""));
        }
    }

    @Test
    void noLogEventAndNoErrorShowsWhatATokenIsRenewedWith() throws Exception {
        Queue<String> told = listening(SecretsTest::everyKindOfRenewal);

        assertThat(told).hasSizeGreaterThan(100);
        assertThat(told).anyMatch(line -> line.contains("could not be renewed"));
        for (String line : told) {
            // The parts of each secret that its encoding leaves as they are.
            assertThat(line)
                    .doesNotContain("clientSecret.01234", "refreshToken.01234", "nextRefreshToken.01234")
                    .doesNotContain("oldAccess.01234", "newAccess.01234");
        }
    }

    private interface Work {
        void tellingTo(Queue<String> told) throws Exception;
    }

    /** Everything that is logged during some work, and what the work tells by itself. */
    private static Queue<String> listening(Work work) throws Exception {
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
            work.tellingTo(told);
        } finally {
            root.setLevel(before);
            root.detachAppender(appender);
        }
        return told;
    }

    private static void everyKindOfRenewal(Queue<String> told) throws Exception {
        String granted = "{\"access_token\": \"newAccess.01234+/\", \"expires_in\": 3600, "
                + "\"refresh_token\": \"nextRefreshToken.01234+/\"}";
        List<RawServer.Script> scripts = List.of(
                (request, wire) -> wire.write(Answers.json(200, granted)),
                (request, wire) -> wire.write(Answers.EARLY_HINTS + Answers.json(200, granted)),
                (request, wire) -> wire.write(Answers.json(200, granted.substring(0, 120))),
                (request, wire) -> wire.write(Answers.json(
                        400,
                        "{\"error\": \"invalid_grant\", \"error_description\": \""
                                + request.text().replace("\r\n", "|")
                                + " clientSecret.01234+/ refreshToken.01234+/\"}")),
                (request, wire) -> wire.write(Answers.html(200)),
                (request, wire) -> wire.write(request.text() + "\r\n\r\n"),
                (request, wire) -> wire.reset(),
                (request, wire) -> {});
        TokenStore failing = issued -> Mono.error(new IllegalStateException("INSERT " + issued.value()));
        for (RawServer.Script script : scripts) {
            for (TokenStore store : List.of(failing, (TokenStore) issued -> Mono.empty())) {
                // With one that is over everybody waits; with one that is nearly over the failure is only logged.
                for (int left : List.of(-1, 30)) {
                    OAuth2Credentials.Builder oauth = OAuth2Credentials.builder()
                            .clientId("client")
                            .clientSecret("clientSecret.01234+/")
                            .refreshToken("refreshToken.01234+/")
                            .accessToken("oldAccess.01234+/", Instant.now().plusSeconds(left))
                            .tokenStore(store)
                            .refreshTimeout(Duration.ofMillis(300));
                    renew(oauth, script, told);
                }
            }
        }
    }

    private static void renew(OAuth2Credentials.Builder oauth, RawServer.Script script, Queue<String> told)
            throws Exception {
        try (RawServer api = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer tokens = RawServer.plain(script);
                CloseCrmClient client = CloseCrmClient.builder()
                        .oauth2(oauth.tokenEndpoint(tokens.baseUrl()).build())
                        .baseUrl(api.baseUrl())
                        .build()) {
            told.add(client + " " + oauth + " " + oauth.build());
            tell(client.tryDeleteContact(ContactId.of("cont_1")).block(Duration.ofSeconds(20)), told);
        }
    }

    private static void tell(DeleteResult<ContactId> result, Queue<String> told) {
        told.add(result.toString());
        if (result.outcome() instanceof DeleteOutcome.Failed failed) {
            StringWriter trace = new StringWriter();
            failed.error().printStackTrace(new PrintWriter(trace));
            told.add(trace.toString());
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
                told.add(client.toString());
                tell(client.tryDeleteContact(ContactId.of("cont_1")).block(Duration.ofSeconds(20)), told);
            }
        }
    }
}
