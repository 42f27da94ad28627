package ai.tutti.client;

import java.net.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What came back.
 *
 * @param body all of it; empty where {@code events} is not null
 * @param events the body while it comes in; null unless a stream was asked for and the status is a good one
 */
record Reply(int status, HttpHeaders headers, byte[] body, @Nullable PulledBody events) {
    /** The error that it is; null if it is none. */
    @Nullable ApiStatusException error() {
        return status / 100 == 2 ? null : ApiStatusException.of(Failure.of(status, headers, body));
    }
}
