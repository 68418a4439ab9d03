package dev.closecrm.reactor.matrix;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** What is logged while this is open, with every logger at its most talkative. */
final class Log extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final List<Appender<ILoggingEvent>> others = new ArrayList<>();
    private final Logger root;
    private final Level before;

    private Log() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        this.root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        this.before = root.getLevel();
        root.iteratorForAppenders().forEachRemaining(others::add);
        root.detachAndStopAllAppenders();
        setContext(context);
        start();
        root.addAppender(this);
        root.setLevel(Level.TRACE);
    }

    static Log everything() {
        return new Log();
    }

    String text() {
        return String.join("\n", lines);
    }

    @Override
    protected void append(ILoggingEvent event) {
        lines.add(event.getLoggerName() + " " + event.getFormattedMessage()
                + (event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy())));
    }

    @Override
    public void close() {
        root.setLevel(before);
        root.detachAppender(this);
        others.forEach(appender -> {
            appender.start();
            root.addAppender(appender);
        });
    }
}
