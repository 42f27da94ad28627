package ai.tutti.cli;

import ai.tutti.hub.Hub;
import ai.tutti.hub.HubSettings;
import ai.tutti.hub.ModelSpec;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ParseResult;

/** {@code tutti pull}: brings models into the Hugging Face cache, or up to date there. */
final class Pull {
    private final PrintStream out;
    private final Map<String, String> environment;

    Pull(PrintStream out, Map<String, String> environment) {
        this.out = out;
        this.environment = environment;
    }

    void run(ParseResult parsed) {
        List<ModelSpec> models = parsed.matchedPositional(0).originalStringValues().stream().map(Pull::spec).toList();
        var hub = new Hub(HubSettings.of(environment), new DownloadBar(out, Terminal.isInteractive()));
        for (ModelSpec model : models) {
            Path folder = hub.pull(model);
            out.println("%s is here: %s".formatted(model, folder));
        }
    }

    private static ModelSpec spec(String text) {
        var given = new Given(text, "pull");
        try {
            ModelSpec spec = ModelSpec.parse(text);
            if (spec.folder() == null) {
                return spec;
            }
        } catch (IllegalArgumentException e) {
            throw given.wrong("NAME or NAME@REVISION, such as BAAI/bge-large-en-v1.5");
        }
        throw given.wrong("NAME or NAME@REVISION: a folder that is here need not be fetched");
    }
}
