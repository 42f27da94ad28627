package ai.tutti.client;

/** The thread was interrupted while it waited for a reply. The request was broken off, and the interrupt is set again. */
public final class ApiInterruptedException extends TuttiException {
    ApiInterruptedException(InterruptedException cause) {
        super("interrupted while waiting for the reply", cause);
    }
}
