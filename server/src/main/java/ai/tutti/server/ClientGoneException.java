package ai.tutti.server;

/** The other side hung up or reads no more; there is nobody to tell. */
final class ClientGoneException extends RuntimeException {
    ClientGoneException(Throwable cause) {
        super("the client hung up or reads no more", cause, false, false);
    }
}
