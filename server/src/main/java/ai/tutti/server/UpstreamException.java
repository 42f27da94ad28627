package ai.tutti.server;

import org.jspecify.annotations.Nullable;

/** Another server could not be reached, hung up, or was silent for too long. */
final class UpstreamException extends Exception {
    UpstreamException(@Nullable Throwable cause) {
        super("no reply, or only a part of it", cause, false, false);
    }
}
