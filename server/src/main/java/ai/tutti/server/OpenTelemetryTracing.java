package ai.tutti.server;

import static java.util.Objects.requireNonNullElse;

import ai.tutti.engine.schedule.Timings;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Spans by OpenTelemetry: one for a request, below the caller's own if its headers name one, and one for each of its stages.
 * They are made when the request has ended, from its {@link Timeline}, so that no context is carried through the work. Names are
 * those of OpenTelemetry's semantic conventions for HTTP and for generative AI where these have one.
 *
 * <p>Only spans are sent; {@code /metrics} has the numbers. OTLP goes over HTTP, by the JDK's own client; gRPC would need
 * another.
 */
final class OpenTelemetryTracing implements Tracing {
    private static final String SCOPE = "ai.tutti.server";
    private static final long LAST_WORDS_SECONDS = 3;

    /** Others are made up by callers, and would be as many names of spans. */
    private static final Set<String> METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE");

    private static final TextMapGetter<HttpServerRequest> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(HttpServerRequest request) {
            return request.headers().names();
        }

        @Override
        public @Nullable String get(@Nullable HttpServerRequest request, String name) {
            return request == null ? null : request.getHeader(name);
        }
    };

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private OpenTelemetryTracing(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer(SCOPE);
    }

    static OpenTelemetryTracing start(Map<String, String> environment) {
        try {
            return new OpenTelemetryTracing(AutoConfiguredOpenTelemetrySdk.builder()
                    .addPropertiesSupplier(() -> properties(environment))
                    .addPropertiesCustomizer(given -> {
                        requireHttp(requireNonNullElse(
                                given.getString("otel.exporter.otlp.traces.protocol"),
                                requireNonNullElse(given.getString("otel.exporter.otlp.protocol"), "http/protobuf")));
                        return Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none");
                    })
                    .disableShutdownHook()
                    .build()
                    .getOpenTelemetrySdk());
        } catch (ConfigurationException e) {
            throw new StartException("OpenTelemetry's variables (OTEL_…): " + e.getMessage(), e);
        }
    }

    /** The variables under the names of the SDK's own properties, and what holds without them. */
    private static Map<String, String> properties(Map<String, String> environment) {
        Map<String, String> properties = new HashMap<>();
        properties.put("otel.exporter.otlp.protocol", "http/protobuf");
        if (!environment.getOrDefault("OTEL_RESOURCE_ATTRIBUTES", "").contains("service.name=")) {
            properties.put("otel.service.name", "tutti");
        }
        environment.forEach((name, value) -> {
            if (name.startsWith("OTEL_") && !value.isBlank()) {
                properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        return properties;
    }

    private static void requireHttp(String protocol) {
        if (protocol.equals("grpc")) {
            throw new ConfigurationException(
                    "OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which is not spoken here; use http/protobuf, to port 4318 as a rule");
        }
    }

    @Override
    public void ended(Exchange exchange) {
        Timeline timeline = exchange.timeline();
        Context caller = sdk.getPropagators().getTextMapPropagator().extract(Context.root(), exchange.request(), HEADERS);
        String said = exchange.request().method().name();
        String method = METHODS.contains(said) ? said : "HTTP";
        String route = exchange.route();
        Span span = builder(route == null ? method : method + " " + route, caller, timeline.began(), timeline)
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        describe(span, exchange);
        Work work = timeline.work();
        if (work != null) {
            describe(span, work);
        }
        Timings timings = timeline.timings();
        if (timings != null) {
            span.setAttribute("tutti.cache.hits", timings.cachedTexts());
            span.setAttribute("tutti.shared_texts", timings.sharedTexts());
        }
        Context own = caller.with(span);
        for (Stage stage : Stage.values()) {
            Timeline.Interval interval = timeline.of(stage);
            if (interval != null) {
                Timeline.Interval spent = interval.until(exchange.ended());
                Span part = builder(stage.wireName(), own, spent.from(), timeline).startSpan();
                end(part, spent.to(), timeline);
            }
        }
        end(span, exchange.ended(), timeline);
    }

    private SpanBuilder builder(String name, Context parent, long from, Timeline timeline) {
        return tracer.spanBuilder(name).setParent(parent).setStartTimestamp(timeline.at(from));
    }

    private static void end(Span span, long at, Timeline timeline) {
        span.end(timeline.at(at));
    }

    private static void describe(Span span, Exchange exchange) {
        HttpServerRequest request = exchange.request();
        String method = request.method().name();
        if (METHODS.contains(method)) {
            span.setAttribute("http.request.method", method);
        } else {
            span.setAttribute("http.request.method", "_OTHER");
            span.setAttribute("http.request.method_original", method);
        }
        span.setAttribute("url.scheme", "http");
        span.setAttribute("url.path", request.path());
        if (exchange.route() != null) {
            span.setAttribute("http.route", exchange.route());
        }
        if (request.remoteAddress() != null && request.remoteAddress().hostAddress() != null) {
            span.setAttribute("client.address", request.remoteAddress().hostAddress());
        }
        String agent = request.getHeader("user-agent");
        if (agent != null) {
            span.setAttribute("user_agent.original", agent);
        }
        span.setAttribute("tutti.request.id", exchange.id());
        if (exchange.headSent()) {
            span.setAttribute("http.response.status_code", request.response().getStatusCode());
        }
        if (exchange.status() == Exchange.CLIENT_GONE) {
            span.setAttribute("error.type", "client_gone");
            span.setStatus(StatusCode.ERROR, "the client hung up before the end");
        } else if (exchange.status() >= 500) {
            span.setAttribute("error.type", Integer.toString(exchange.status()));
            span.setStatus(StatusCode.ERROR);
        }
    }

    private static void describe(Span span, Work work) {
        span.setAttribute("gen_ai.operation.name", work.operation());
        span.setAttribute("gen_ai.provider.name", "tutti");
        span.setAttribute("gen_ai.request.model", work.asked());
        span.setAttribute("gen_ai.response.model", work.model());
        span.setAttribute("gen_ai.usage.input_tokens", work.tokens());
        span.setAttribute("tutti.lane", Metrics.name(work.lane()));
        span.setAttribute("tutti.precision", work.precision().wireName());
        span.setAttribute("tutti.texts", work.texts());
        span.setAttribute("tutti.truncated_tokens", work.truncatedTokens());
    }

    @Override
    public void close() {
        sdk.shutdown().join(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
    }
}
