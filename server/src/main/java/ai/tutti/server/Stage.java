package ai.tutti.server;

import java.util.Locale;

/** The stages of a request, in their order. Queue, compute and write overlap where a reply is longer than a tile. */
enum Stage {
    /** Text to tokens, prompts and cutting. */
    TOKENISE,
    /** From the last token to the first text's turn on a worker. */
    QUEUE,
    /** From there to the last text's result. */
    COMPUTE,
    /** From the reply's first byte to its last. */
    WRITE;

    /** As headers and spans spell it. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
