package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.Reproduction;
import ai.tutti.engine.Reproduction.Padding;
import ai.tutti.engine.Reproduction.Vocabulary;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.Hub;
import ai.tutti.hub.HubSettings;
import ai.tutti.hub.ModelSpec;
import ai.tutti.hub.ResolvedModel;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParseResult;

/**
 * {@code tutti check}: whether a model gives the vectors that somebody once got from elsewhere, and, where it does not, which
 * of the ways in which such vectors are known to differ comes closest.
 */
final class Check {
    /** Texts by which other ways are tried. */
    private static final int SAMPLE = 20;

    /** A cosine so much better is no accident. */
    private static final double BETTER = 0.001;

    private final PrintStream out;
    private final Map<String, String> environment;

    Check(PrintStream out, Map<String, String> environment) {
        this.out = out;
        this.environment = environment;
    }

    /**
     * One way to make vectors.
     *
     * @param title for people; what the configuration file says for it
     * @param prompt one of the model's prompts, or null
     */
    private record Way(String title, Reproduction reproduction, @Nullable String prompt) {}

    void run(ParseResult parsed) {
        ModelSpec spec = spec(parsed.matchedPositional(0).originalStringValues().getFirst());
        var file = new Given(parsed.matchedOption(Commands.AGAINST).originalStringValues().getLast(), Commands.AGAINST);
        int most = parsed.hasMatchedOption(Commands.TEXTS)
                ? (int) Values.count(new Given(parsed.matchedOption(Commands.TEXTS).originalStringValues().getLast(), Commands.TEXTS), 100_000)
                : 200;
        KnownVectors known = KnownVectors.read(Values.path(file), most);
        new Hub(HubSettings.of(environment), new DownloadBar(out, Terminal.isInteractive())).locate(spec);
        ResolvedModel model = Hub.resolve(spec);
        try (Engine engine = Engine.create(Engine.Settings.DEFAULT)) {
            check(engine, model, known);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ModelSpec spec(String text) {
        try {
            return ModelSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Given(text, "check").wrong("NAME or NAME=FOLDER, such as BAAI/bge-small-en-v1.5");
        }
    }

    private void check(Engine engine, ResolvedModel model, KnownVectors known) throws InterruptedException {
        var reference = new Way("as the reference does it", Reproduction.REFERENCE, null);
        Agreement agreement;
        List<String> prompts;
        try (EmbeddingModel loaded = load(engine, model, reference.reproduction())) {
            int dimensions = known.vectors()[0].length;
            if (loaded.dimensions() != dimensions) {
                throw new UsageException("%s gives vectors of %d dimensions, but those of the file have %d"
                        .formatted(loaded.name(), loaded.dimensions(), dimensions));
            }
            agreement = agreement(loaded, reference, known);
            prompts = loaded.prompts().keySet().stream().sorted().toList();
            out.println("%s, %d texts, %s:".formatted(loaded.name(), known.texts().size(), loaded.precision().wireName()));
        }
        print(reference.title(), agreement);
        if (agreement.same()) {
            out.println("The vectors agree: an index of those can be asked with these.");
        } else {
            best(engine, model, known.first(SAMPLE), reference, prompts);
        }
        lengths(agreement);
    }

    private void best(Engine engine, ResolvedModel model, KnownVectors sample, Way reference, List<String> prompts)
            throws InterruptedException {
        out.println("The vectors do not agree. Other ways to make them, by the first %d texts:".formatted(sample.texts().size()));
        Way best = reference;
        double closest = Double.NEGATIVE_INFINITY;
        boolean same = false;
        for (Way way : ways(model, reference, prompts)) {
            try (EmbeddingModel loaded = load(engine, model, way.reproduction())) {
                Agreement found = agreement(loaded, way, sample);
                print(way.title(), found);
                if ((found.same() && !same) || (found.same() == same && found.median() > closest + BETTER)) {
                    closest = found.median();
                    best = way;
                    same = found.same();
                }
            } catch (ModelLoadException e) {
                out.println("  %s: %s".formatted(way.title(), e.getMessage()));
            }
        }
        if (same) {
            out.println("They were made with %s.".formatted(best.title()));
        } else {
            out.println("None of these is it; %s comes closest. Index the texts anew.".formatted(best.title()));
        }
    }

    private static List<Way> ways(ResolvedModel model, Way reference, List<String> prompts) {
        var ways = new ArrayList<Way>(List.of(reference));
        for (String prompt : prompts) {
            ways.add(new Way("prompt_name " + prompt, Reproduction.REFERENCE, prompt));
        }
        if (model.folder().modelType().equals("m2_bert")) {
            ways.add(new Way("padding: none", new Reproduction(Padding.NONE, null, null), null));
            ways.add(new Way("tokenizer: folder", new Reproduction(null, Vocabulary.FOLDER, null), null));
            ways.add(new Way(
                    "padding: none, tokenizer: folder", new Reproduction(Padding.NONE, Vocabulary.FOLDER, null), null));
        }
        return ways;
    }

    private static EmbeddingModel load(Engine engine, ResolvedModel model, Reproduction reproduction) {
        var options = new ModelOptions(
                model.name(),
                null,
                model.raisedTokens(),
                model.entry().matryoshka(),
                model.entry().prompts(),
                reproduction,
                null,
                Hub.uncasedTokenizer(model.folder()));
        return EmbeddingModel.load(engine, model.folder(), options);
    }

    private static Agreement agreement(EmbeddingModel model, Way way, KnownVectors known) throws InterruptedException {
        var options = EmbeddingOptions.DEFAULT.withPromptName(way.prompt());
        return Agreement.of(model.vectors(model.tokenize(known.texts(), options)), known.vectors());
    }

    private void print(String title, Agreement agreement) {
        String neighbours = Double.isNaN(agreement.neighbours())
                ? ""
                : ", nearest neighbours agree for %.1f %%".formatted(100 * agreement.neighbours());
        out.println("  %s: cosine median %.5f, least %.5f%s"
                .formatted(requireNonNull(title), agreement.median(), agreement.least(), neighbours));
    }

    /** The cosine does not see lengths, but some indexes do. */
    private void lengths(Agreement agreement) {
        boolean ours = isOne(agreement.ourLength());
        boolean theirs = isOne(agreement.theirLength());
        if (ours != theirs) {
            out.println("Those vectors have length %.3f, these %.3f: set normalize: %s for this model if the index compares by dot product or distance."
                    .formatted(agreement.theirLength(), agreement.ourLength(), theirs));
        }
    }

    private static boolean isOne(double length) {
        return Math.abs(length - 1) < 0.01;
    }
}
