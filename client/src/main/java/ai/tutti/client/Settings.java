package ai.tutti.client;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * All that can be set about a client but its connections.
 *
 * @param baseUrl what the paths are added to; ends in a slash
 * @param headers go with each request; the key is among them
 * @param timeout for a whole exchange, connecting included
 * @param stallTimeout for the silence between two bytes of a reply
 * @param base64 whether vectors are asked for in base64
 */
record Settings(
        URI baseUrl,
        Map<String, String> headers,
        Duration timeout,
        Duration stallTimeout,
        Retries retries,
        boolean base64,
        Batching batching) {
    Settings {
        headers = Map.copyOf(headers);
    }

    /** Without the headers, which hold a secret. */
    @Override
    public String toString() {
        return "Settings[" + baseUrl + "]";
    }
}
