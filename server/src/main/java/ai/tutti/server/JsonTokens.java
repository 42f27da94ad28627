package ai.tutti.server;

import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** JSON token by token, without objects being made of it. How long it may be is for others to say. */
final class JsonTokens {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxDocumentLength(-1)
                    .build())
            .build();

    private JsonTokens() {}

    /** The tokens, from the first one on. */
    static JsonParser of(byte[] json) {
        return JSON.createParser(ObjectReadContext.empty(), json);
    }
}
