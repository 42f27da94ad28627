package ai.tutti.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** {@code GET /openapi.json}: the description of this API, as a file beside this class. */
record OpenApiEndpoint(byte[] document) implements Endpoint {
    static OpenApiEndpoint create() {
        try (InputStream in = OpenApiEndpoint.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is missing from the server's jar");
            }
            return new OpenApiEndpoint(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void answer(Call call) {
        call.reply(Call.JSON, document);
    }
}
