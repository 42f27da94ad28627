package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How long the server waits, and lets others wait.
 *
 * @param reply until a reply begins whose end is not computed yet, and between its pieces, so that no client gives up on it
 * @param download until a piece of a reply has left for a client that reads slowly or not at all; then it is broken off,
 *     for its texts hold room in the queue
 * @param upload while nothing of a body arrives; then it is refused
 * @param shutdown for requests under way when the server closes; then they are broken off
 */
record Patience(Duration reply, Duration download, Duration upload, Duration shutdown) {
    static final Patience DEFAULT =
            new Patience(Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofSeconds(30), Duration.ofSeconds(10));

    Patience {
        requireNonNull(reply, "reply is null");
        requireNonNull(download, "download is null");
        requireNonNull(upload, "upload is null");
        requireNonNull(shutdown, "shutdown is null");
    }
}
