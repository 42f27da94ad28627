package ai.tutti.hub;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The hub did not answer, or only that it cannot answer now. The message is a phrase that says why. */
final class HubUnreachableException extends IOException {
    HubUnreachableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
