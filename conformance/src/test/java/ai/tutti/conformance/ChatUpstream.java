package ai.tutti.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A chat server of somebody else's: {@code transformers serve}, with two tiny Llamas that say the signs of ASCII; {@code
 * endless} goes on for as long as it may, {@code alphabet} ends with the last.
 */
final class ChatUpstream {
    /** Where the models lie. */
    static final Path FOLDER = Folders.TARGET.resolve("chat_models");

    private static final Pattern LISTENING = Pattern.compile("running on (http://[0-9.]+:\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(6);

    private ChatUpstream() {}

    private static final class Started {
        static final Service SERVICE = start();
    }

    /** Started when first asked for. */
    static Service service() {
        return Started.SERVICE;
    }

    private static Service start() {
        Path python = Installation.python("sentence-transformers").resolve("bin/python");
        Path script = Folders.SCRIPTS.resolve("chat_upstream").resolve("serve.py");
        return Service.start(
                List.of(python.toString(), script.toString(), FOLDER.toString()),
                Installation.PYTHON,
                LISTENING,
                PATIENCE);
    }
}
