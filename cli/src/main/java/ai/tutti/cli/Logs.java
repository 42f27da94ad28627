package ai.tutti.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Everybody's log, whichever of the JVM's logging interfaces they use, on standard error; warnings only, unless asked. */
final class Logs {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %logger{20} - %msg";

    /** Tells of a collector that is gone, again and again, by a stack of forty lines. */
    private static final String SPANS = "io.opentelemetry";

    private Logs() {}

    /** Warnings and errors. */
    static void start() {
        LoggerContext context = context();
        context.reset();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(console(context, LINE + "%n"));
        root.setLevel(Level.WARN);
        Logger spans = context.getLogger(SPANS);
        spans.addAppender(console(context, LINE + " (--verbose shows why)%n%nopex"));
        spans.setAdditive(false);
        // Lucene tells at each start that it would like Java's vector module, of which Java would tell at each start as well.
        context.getLogger("org.apache.lucene.internal.vectorization").setLevel(Level.ERROR);
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static ConsoleAppender<ILoggingEvent> console(LoggerContext context, String pattern) {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern);
        encoder.start();
        var console = new ConsoleAppender<ILoggingEvent>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        return console;
    }

    /** What happens, too: of Tutti in detail, of everything else the notable. */
    static void verbose() {
        context().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);
        context().getLogger("ai.tutti").setLevel(Level.DEBUG);
        Logger spans = context().getLogger(SPANS);
        spans.detachAndStopAllAppenders();
        spans.setAdditive(true);
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
