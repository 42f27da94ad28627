package ai.tutti.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors that the service answers with. */
class StatusTest {
    private static ApiStatusException fault(ScriptedServer.Line line) {
        try (ScriptedServer server = ScriptedServer.with(line)) {
            Models models = server.client().maxRetries(0).build().models();
            return catchThrowableOfType(ApiStatusException.class, models::list);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, BadRequestException",
        "401, AuthenticationException",
        "402, ApiStatusException",
        "403, PermissionDeniedException",
        "404, NotFoundException",
        "408, ApiStatusException",
        "409, ConflictException",
        "413, ApiStatusException",
        "422, UnprocessableEntityException",
        "429, RateLimitException",
        "500, InternalServerException",
        "503, InternalServerException",
        "529, InternalServerException",
    })
    void eachStatusHasItsClass(int status, String name) {
        String body = "{\"id\":\"by-body\",\"error\":"
                + "{\"message\":\"it is so\",\"type\":\"t\",\"param\":\"input[3]\",\"code\":\"c\"}}";

        ApiStatusException fault = fault(ScriptedServer.json(status, body, "x-request-id: by-header"));

        assertThat(fault.getClass().getSimpleName()).isEqualTo(name);
        assertThat(fault.status()).isEqualTo(status);
        assertThat(fault).hasMessage("it is so");
        assertThat(fault.type()).isEqualTo("t");
        assertThat(fault.param()).isEqualTo("input[3]");
        assertThat(fault.code()).isEqualTo("c");
        assertThat(fault.requestId()).isEqualTo("by-header");
        assertThat(fault.toString())
                .isEqualTo("ai.tutti.client." + name + ": it is so (status " + status + ", code c, request by-header)");
        assertThat(fault.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void theRequestsIdMayBeInTheBodyOnly() {
        String body = "{\"id\":\"okk\",\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":7}}";

        ApiStatusException fault = fault(ScriptedServer.json(400, body));

        assertThat(fault.requestId()).isEqualTo("okk");
        assertThat(fault.param()).isNull();
        assertThat(fault.code()).isEqualTo("7");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"error\":\"text\"}|text",
                "{\"message\":\"text\",\"code\":413}|text",
                "{\"detail\":\"text\"}|text",
                "{\"error\":{}}|status 502: {\"error\":{}}",
                "<h1>Bad Gateway</h1>|status 502: <h1>Bad Gateway</h1>",
                "''|status 502 without a word",
                "null|status 502: null",
                "{\"error|status 502: {\"error",
            })
    void whatIsNoEnvelopeIsReadAsFarAsItGoes(String body, String message) {
        ApiStatusException fault = fault(ScriptedServer.reply(502, "text/html", body));
        assertThat(fault).isInstanceOf(InternalServerException.class).hasMessage(message);
        assertThat(fault.code()).isNull();
        assertThat(fault.type()).isNull();
        assertThat(fault.requestId()).isNull();
    }

    @Test
    void aLongBodyIsNotRepeatedWhole() {
        ApiStatusException fault = fault(ScriptedServer.reply(502, "text/plain", "🦙".repeat(5_000)));
        assertThat(fault).hasMessage("status 502: " + "🦙".repeat(200) + "…");
    }

    @Test
    void aServiceThatHasMovedIsNotFollowedWithTheKey() {
        ApiStatusException fault = fault(ScriptedServer.json(308, "", "location: http://127.0.0.1:1/v1/models"));
        assertThat(fault)
                .hasMessage("the service has moved to http://127.0.0.1:1/v1/models; make that the base URL");
        assertThat(fault.status()).isEqualTo(308);
    }

    @Test
    void theStackTraceIsTheCallers() {
        ApiStatusException fault = fault(ScriptedServer.json(404, "{}"));
        assertThat(fault.getStackTrace()).anyMatch(frame -> frame.getClassName().equals(StatusTest.class.getName()));
    }
}
