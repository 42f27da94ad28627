package ai.tutti.server;

/** The other side hung up; there is nobody to tell. */
final class ClientGoneException extends RuntimeException {
    ClientGoneException(Throwable cause) {
        super("the client hung up", cause, false, false);
    }
}
