package ai.tutti.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|model|`model` is required",
                "{\"model\":\"m\"}|input|`input` is required",
                "{\"model\":null,\"input\":\"a\"}|model|`model` must not be null",
                "{\"model\":\"m\",\"input\":null}|input|`input` must not be null",
                "{\"model\":7,\"input\":\"a\"}|model|`model` must be a string, not a number",
                "{\"model\":true,\"input\":\"a\"}|model|`model` must be a string, not a boolean",
                "{\"model\":[\"m\"],\"input\":\"a\"}|model|`model` must be a string, not a list",
                "{\"model\":\"m\",\"input\":7}|input|`input` must be a string or a list of strings, not a number",
                "{\"model\":\"m\",\"input\":{}}|input|`input` must be a string or a list of strings, not an object",
                "{\"model\":\"m\",\"input\":[\"a\",7]}|input[1]|`input[1]` must be a string, not a number",
                "{\"model\":\"m\",\"input\":[null]}|input[0]|`input[0]` must be a string, not null",
                "{\"model\":\"m\",\"input\":[1,\"a\"]}|input[1]|`input[1]` must be a token id (a whole number of at most 32 bits), not a string",
                "{\"model\":\"m\",\"input\":[99999999999]}|input[0]|`input[0]` must be a token id (a whole number of at most 32 bits), not a number",
                "{\"model\":\"m\",\"input\":[[1],[2,\"a\"]]}|input[1][1]|`input[1][1]` must be a token id (a whole number of at most 32 bits), not a string",
                "{\"model\":\"m\",\"input\":[[\"a\"]]}|input[0]|`input[0]` must be a string, not a list",
                "{\"model\":\"m\",\"input\":[[1],2]}|input[1]|`input[1]` must be a list of token ids, not a number",
                "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":\"8\"}|dimensions|`dimensions` must be a whole number, not a string",
                "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":8.5}|dimensions|`dimensions` must be a whole number, not a number with a fraction",
                "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":99999999999}|dimensions|`dimensions` must be a whole number of at most 32 bits, not 99999999999",
                "{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"hex\"}|encoding_format|`encoding_format` must be \"float\" or \"base64\", not \"hex\"",
                "{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":1}|encoding_format|`encoding_format` must be \"float\" or \"base64\", not a number",
                "{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"\"}|encoding_format|`encoding_format` must be \"float\" or \"base64\", not \"\"",
                "{\"model\":\"m\",\"input\":\"a\",\"truncate\":true}|truncate|`truncate` must be \"end\" or \"start\" or \"error\", not a boolean",
                "{\"model\":\"m\",\"input\":\"a\",\"prompt_name\":[]}|prompt_name|`prompt_name` must be a string, not a list",
            })
    void aWrongFieldIsNamed(String json, String field, String message) {
        InvalidJsonException fault = fault(json.getBytes(UTF_8), EmbeddingsRequest.class);
        assertThat(fault.field()).isEqualTo(field);
        assertThat(fault).hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"m\",\"query\":\"q\"}|documents|`documents` is required",
                "{\"model\":\"m\",\"query\":[],\"documents\":[]}|query|`query` must be a string, not a list",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":\"d\"}|documents|`documents` must be a list, not a string",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":{}}|documents|`documents` must be a list, not an object",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\",null]}|documents[1]|`documents[1]` must be a string or an object, not null",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[[\"a\"]]}|documents[0]|`documents[0]` must be a string or an object, not a list",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[3]}|documents[0]|`documents[0]` must be a string or an object, not a number",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"top_n\":\"1\"}|top_n|`top_n` must be a whole number, not a string",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"return_documents\":\"true\"}|return_documents|`return_documents` must be true or false, not a string",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"return_documents\":1}|return_documents|`return_documents` must be true or false, not a number",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"rank_fields\":\"text\"}|rank_fields|`rank_fields` must be a list, not a string",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"rank_fields\":[1]}|rank_fields[0]|`rank_fields[0]` must be a string, not a number",
                "{\"model\":\"m\",\"query\":\"q\",\"documents\":[],\"rank_fields\":[null]}|rank_fields[0]|`rank_fields[0]` must not be null",
            })
    void aWrongFieldOfARerankRequestIsNamed(String json, String field, String message) {
        InvalidJsonException fault = fault(json.getBytes(UTF_8), RerankRequest.class);
        assertThat(fault.field()).isEqualTo(field);
        assertThat(fault).hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "{", "nonsense", "[]", "null", "\"text\"", "7", "{\"model\":\"m\",\"input\":\"a\"} x",
                "{\"model\":\"m\",\"input\":\"a\"}{}", "{\"model\":\"m\",\"model\":\"n\",\"input\":\"a\"}",
                "{'model':'m'}", "{\"model\":\"m\",\"input\":\"a\n\"}", "{\"model\":\"m\",\"input\":\"\\x\"}",
                "{\"model\":\"m\",\"input\":[\"a\",]}", "{\"model\":\"m\",\"input\":[\"a\"", "{\"model\":\"m\",\"input\":[\"a\"}",
            })
    void whatIsNoJsonObjectIsRefusedInWords(String json) {
        InvalidJsonException fault = fault(json.getBytes(UTF_8), EmbeddingsRequest.class);
        assertThat(fault.getMessage()).startsWith("the body ").doesNotContain("ai.tutti", "tools.jackson", "java.");
    }

    @Test
    void brokenUtf8IsRefused() {
        InvalidJsonException fault =
                fault("{\"model\":\"m\",\"input\":\"\u00ff\u00fe\"}".getBytes(ISO_8859_1), EmbeddingsRequest.class);
        assertThat(fault).hasMessageContaining("UTF-8");
    }

    @Test
    void deepNestingIsRefusedEvenInAnUnknownField() {
        String json = "{\"model\":\"m\",\"input\":\"a\",\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        assertThat(fault(json.getBytes(UTF_8), EmbeddingsRequest.class)).hasMessageContaining("depth");
    }

    @Test
    void unknownFieldsAreIgnoredWhateverTheyHold() {
        EmbeddingsRequest request = Json.read(
                "{\"user\":{\"a\":[1]},\"model\":\"m\",\"nested\":[[{}]],\"input\":\"\"}".getBytes(UTF_8),
                EmbeddingsRequest.class);
        assertThat(request.input()).isEqualTo(new EmbeddingInput.Text(""));
    }

    @Test
    void aTextOfTenMegabytesIsRead() {
        String text = "x".repeat(10_000_000);
        EmbeddingsRequest request = new EmbeddingsRequest("m", new EmbeddingInput.Text(text), null, null, null, null, null);
        assertThat(Json.read(Json.write(request), EmbeddingsRequest.class)).isEqualTo(request);
    }

    private static InvalidJsonException fault(byte[] json, Class<?> type) {
        InvalidJsonException fault = catchThrowableOfType(InvalidJsonException.class, () -> Json.read(json, type));
        assertThat(fault).isNotNull();
        return fault;
    }
}
