package ai.tutti.server;

import java.util.Map;

/**
 * Where spans of requests go, if anywhere. OpenTelemetry's own environment variables switch it on; without them none of its
 * classes is loaded.
 */
interface Tracing extends AutoCloseable {
    /** Nobody looks. */
    Tracing OFF = exchange -> {};

    /** Tells of a request that has ended; must not wait. */
    void ended(Exchange exchange);

    /**
     * What the environment asks for: spans where it names an exporter of traces or where an OTLP endpoint is.
     *
     * @throws StartException when its variables cannot be understood
     */
    static Tracing of(Map<String, String> environment) {
        return isAsked(environment) ? OpenTelemetryTracing.start(environment) : OFF;
    }

    private static boolean isAsked(Map<String, String> environment) {
        if (value(environment, "OTEL_SDK_DISABLED").equalsIgnoreCase("true")) {
            return false;
        }
        String exporter = value(environment, "OTEL_TRACES_EXPORTER");
        return exporter.isEmpty()
                ? !value(environment, "OTEL_EXPORTER_OTLP_ENDPOINT").isEmpty()
                        || !value(environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").isEmpty()
                : !exporter.equalsIgnoreCase("none");
    }

    private static String value(Map<String, String> environment, String name) {
        return environment.getOrDefault(name, "").strip();
    }

    /** Sends what has not been sent, for a moment at most. */
    @Override
    default void close() {}
}
