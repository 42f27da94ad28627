package ai.tutti.server;

import java.util.Locale;

/** The stages of a request, in the order in which they begin. */
enum Stage {
    /** Text to tokens, prompts and cutting. */
    TOKENISE,
    /** Texts of it wait and none is computed. */
    QUEUE,
    /** At least one of its texts is computed. */
    COMPUTE,
    /** From the reply's first byte to its last. */
    WRITE;

    /** As headers and spans spell it. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
