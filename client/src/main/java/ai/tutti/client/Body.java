package ai.tutti.client;

/** A body that is coming in. */
interface Body {
    /** Gives up the rest, and with it the connection. Harmless when repeated, or when there is no rest. */
    void cancel();
}
