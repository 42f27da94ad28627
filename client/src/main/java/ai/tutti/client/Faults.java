package ai.tutti.client;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The JDK's faults in our words. */
final class Faults {
    private Faults() {}

    /** What a request to {@code where} failed with. */
    static TuttiException of(String where, Throwable thrown) {
        Throwable fault = unwrap(thrown);
        if (fault instanceof TuttiException ours) {
            return ours;
        }
        if (fault instanceof HttpConnectTimeoutException) {
            return new ApiTimeoutException("no connection to " + where + " in time", fault);
        }
        if (fault instanceof ConnectException) {
            return connection("cannot connect to " + where, fault);
        }
        return connection("the request to " + where + " broke off", fault);
    }

    static ApiConnectionException connection(String what, Throwable fault) {
        String reason = reason(fault);
        return new ApiConnectionException(reason == null ? what : what + ": " + reason, fault);
    }

    /** Some of the JDK's faults say nothing themselves, and their causes do. */
    private static @Nullable String reason(Throwable fault) {
        for (Throwable next = fault; next != null; next = next.getCause()) {
            String message = next.getMessage();
            if (message != null && !message.isBlank()) {
                return message;
            }
        }
        return null;
    }

    static Throwable unwrap(Throwable fault) {
        return fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
    }
}
