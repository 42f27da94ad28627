package ai.tutti.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What can be configured, each under one name: {@code max-body} is the flag {@code --max-body}, the environment variable
 * {@code TUTTI_MAX_BODY} and the key {@code max-body} of the configuration file.
 */
enum Setting {
    HOST("host", "ADDRESS", "Address to listen on (default: 127.0.0.1, this machine only; 0.0.0.0 for all)."),
    PORT("port", "PORT", "Port to listen on (default: 8080; 0 for any free one)."),
    MODEL("model", "NAME[@REVISION|=FOLDER]", """
            A model to serve, by its name on the hub or from a folder on this machine (default: the bundled \
            BAAI/bge-small-en-v1.5). Repeatable.""", true),
    ALIAS("alias", "ALIAS=NAME", "Another name for a served model. Repeatable.", true),
    PRECISION("precision", "auto|f32|bf16|int8", """
            Arithmetic of the matrix products (default: auto, that is bf16 where this CPU gains by it, else f32). int8 is for \
            BERT and XLM-RoBERTa, where it is faster, and for decoders, whose weights it keeps in one byte each."""),
    THREADS("threads", "COUNT", "Worker threads (default: one for each core)."),
    API_KEY("api-key", "KEY", "A key that clients may use (default: every key is accepted). Repeatable.", true),
    MAX_BODY("max-body", "SIZE", "Largest request body (default: 64MB)."),
    MAX_REQUEST_TOKENS("max-request-tokens", "COUNT", "Most tokens in one request (default: 2000000)."),
    QUEUE_TOKENS("queue-tokens", "COUNT", """
            Most tokens accepted and not yet computed, of queries and of bulk work each; above that clients get a 429 \
            (default: 4000000)."""),
    TIMEOUT("timeout", "TIME", """
            After how long a request is given up with a 504 that does not say it by its header x-tutti-timeout-ms (default: \
            never)."""),
    CACHE("cache", "SIZE", """
            Memory for the results of texts, which are not computed when they come again, such as 256MB (default: 0, none is \
            kept)."""),
    TRUST_FORWARDED("trust-forwarded", "", """
            Behind a proxy: tell callers without a key apart by the last address in x-forwarded-for (default: by the address \
            that they come from)."""),
    TOKEN_INPUT("token-input", "", "Accept arrays of token ids as input (default: they get a 400 with a hint)."),
    LAZY("lazy", "", "Load a model when it is first asked for (default: all at the start)."),
    MEMORY_BUDGET("memory-budget", "SIZE", """
            Most memory for the weights of all loaded models; the least recently used is put away when another needs \
            the room (default: seven tenths of the memory that this process may use)."""),
    LOAD_WAIT("load-wait", "TIME", """
            How long a request waits for its model to be loaded; then it gets a 503 (default: 60s)."""),
    ADMIN_KEY("admin-key", "KEY", """
            The key to /admin/models, where models are loaded and unloaded (default: nobody may)."""),
    CHAT_UPSTREAM("chat-upstream", "URL", """
            Who answers chat completions: the base URL of a server with OpenAI's API, such as http://127.0.0.1:11434/v1 \
            (default: nobody; they get a 400)."""),
    CHAT_API_KEY("chat-api-key", "KEY", """
            The key that this server shows to the chat upstream (default: none). Better given by the environment, as \
            everybody on this machine can read command lines."""),
    CHAT_MODELS("chat-models", "NAME=THEIRS", """
            A name that clients ask for and the chat upstream's own; other names go there as they are. Repeatable.""", true),
    CHAT_TIMEOUT("chat-timeout", "TIME", """
            How long the chat upstream may be silent; then clients get a 504 (default: 10m).""");

    private final String key;
    private final String label;
    private final String description;
    private final boolean repeatable;

    Setting(String key, String label, String description) {
        this(key, label, description, false);
    }

    Setting(String key, String label, String description, boolean repeatable) {
        this.key = key;
        this.label = label;
        this.description = description;
        this.repeatable = repeatable;
    }

    static Optional<Setting> ofKey(String key) {
        return Arrays.stream(values()).filter(setting -> setting.key.equals(key)).findFirst();
    }

    /** The name in the configuration file. */
    String key() {
        return key;
    }

    String flag() {
        return "--" + key;
    }

    String environmentVariable() {
        return "TUTTI_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** What the value looks like, for people; empty for a switch. */
    String label() {
        return label;
    }

    String description() {
        return description;
    }

    boolean repeatable() {
        return repeatable;
    }

    boolean isSwitch() {
        return label.isEmpty();
    }
}
