package ai.tutti.cli;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.hub.Hub;
import ai.tutti.hub.HubSettings;
import ai.tutti.hub.ModelSpec;
import ai.tutti.hub.ModelSummary;
import ai.tutti.hub.Progress;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code tutti models}: which models are known and which are here; with a name, how that one is run. */
final class ShowModels {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final PrintStream out;
    private final Map<String, String> environment;

    ShowModels(PrintStream out, Map<String, String> environment) {
        this.out = out;
        this.environment = environment;
    }

    void run(ParseResult parsed) {
        var hub = new Hub(HubSettings.of(environment), Progress.SILENT);
        String precision = Kernels.instance().cpu().autoPrecision().wireName();
        boolean json = parsed.hasMatchedOption(Commands.JSON);
        List<String> named = parsed.hasMatchedPositional(0) ? parsed.matchedPositional(0).originalStringValues() : List.of();
        if (named.isEmpty()) {
            List<ModelSummary> models = hub.models();
            out.print(json
                    ? JSON.writeValueAsString(models.stream().map(model -> ModelFacts.of(model, precision)).toList()) + "\n"
                    : new ModelTable(models, precision, Terminal.ansi()).text());
        } else {
            ModelSummary model = hub.summary(spec(named.getFirst()));
            out.print(json
                    ? JSON.writeValueAsString(ModelFacts.inFull(model, precision)) + "\n"
                    : new ModelPage(model, precision, Terminal.ansi()).text());
        }
    }

    private static ModelSpec spec(String text) {
        try {
            return ModelSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Given(text, "models").wrong("NAME, NAME@REVISION or NAME=FOLDER");
        }
    }
}
