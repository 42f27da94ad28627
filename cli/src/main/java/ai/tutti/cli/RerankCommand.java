package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.RerankReply;
import ai.tutti.cli.rows.Row;
import ai.tutti.client.RerankCreateParams;
import ai.tutti.engine.Engine;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.RerankOptions;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti rerank}: which documents answer a query best. */
final class RerankCommand {
    private static final String TOP_N = "--top-n";
    private static final String RAW_SCORES = "--raw-scores";
    private static final String NORMALIZE = "--normalize";
    private static final String INSTRUCTION = "--instruction";
    private static final String MAX_CHUNKS = "--max-chunks-per-doc";
    private static final int MOST = 1_000_000;

    private final Surroundings surroundings;

    RerankCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("QUERY|DOCUMENT", "1..*",
                "The query, then documents (default: --input, else standard input)."));
        Options.addInput(command);
        command.addOption(Options.value(TOP_N, "COUNT", "Only so many of the best (default: all)."))
                .addOption(Options.flag(RAW_SCORES, "A cross-encoder's logits, without its activation."))
                .addOption(Options.flag(NORMALIZE, "Scores between 0 and 1, where the model's own are logits."))
                .addOption(Options.value(INSTRUCTION, "TEXT", "What counts as relevant, for models that are asked by a prompt."))
                .addOption(Options.value(MAX_CHUNKS, "COUNT",
                        "Score long documents in at most so many windows; the best counts (default: cut them)."))
                .addOption(Options.value(Options.TRUNCATE, "end|start|error", "What to do with what is too long (default: end)."))
                .addOption(Options.json());
        Options.addModel(command);
        command.addOption(Options.verbose());
        command.usageMessage()
                .customSynopsis("tutti rerank [OPTIONS] QUERY [DOCUMENT...]")
                .description("Ranks documents by how well they answer a query, the best first.%n");
        return command;
    }

    /** A document's place in the input, and its score. */
    private record Scored(int index, float score) {}

    void run(Args args) throws IOException, InterruptedException {
        ModelChoice choice = ModelChoice.of(args);
        Integer topN = args.given(TOP_N, given -> (int) Values.count(given, MOST));
        RerankOptions options = options(args);
        String query = args.texts().getFirst();
        List<Row> rows = Rows.all(Inputs.of(args, args.texts().subList(1, args.texts().size()), surroundings));
        if (rows.isEmpty()) {
            throw new UsageException("there are no documents to rank");
        }
        List<String> texts = rows.stream().map(Row::text).toList();
        List<Scored> best = choice.server() == null
                ? here(choice, query, texts, options, topN)
                : there(choice, query, texts, options, topN);
        if (args.has(Options.JSON) || !Terminal.showsOutput()) {
            json(choice.spec().name(), query, rows, best);
        } else {
            table(rows, best);
        }
    }

    private static RerankOptions options(Args args) {
        if (args.has(RAW_SCORES) && args.has(NORMALIZE)) {
            throw new UsageException("give %s or %s, not both: a raw score is not normalised".formatted(RAW_SCORES, NORMALIZE));
        }
        return RerankOptions.DEFAULT
                .withTruncation(args.given(Options.TRUNCATE, given -> Values.choice(given, Truncation.values()), Truncation.END))
                .withChunks(args.given(MAX_CHUNKS, given -> (int) Values.count(given, MOST)), null)
                .withInstruction(args.given(INSTRUCTION, Given::text))
                .withRawScores(args.has(RAW_SCORES))
                .withNormalize(args.has(NORMALIZE));
    }

    private List<Scored> here(ModelChoice choice, String query, List<String> texts, RerankOptions options, @Nullable Integer topN)
            throws InterruptedException {
        float[] scores;
        try (Engine engine = choice.engine();
                RerankModel model = choice.reranker(engine, surroundings)) {
            scores = model.score(query, texts, options).scores();
        } catch (InvalidInputException e) {
            throw new UsageException(requireNonNull(e.getMessage()), e);
        }
        var all = new ArrayList<Scored>();
        for (int i = 0; i < scores.length; i++) {
            all.add(new Scored(i, scores[i]));
        }
        all.sort(Comparator.comparingDouble(Scored::score).reversed().thenComparingInt(Scored::index));
        return topN == null || topN >= all.size() ? all : all.subList(0, topN);
    }

    private List<Scored> there(ModelChoice choice, String query, List<String> texts, RerankOptions options,
            @Nullable Integer topN) {
        var params = RerankCreateParams.builder().model(choice.spec().name()).query(query).documents(texts);
        if (topN != null) {
            params.topN(topN);
        }
        if (options.rawScores()) {
            params.rawScores(true);
        }
        if (options.normalize()) {
            params.normalize(true);
        }
        String instruction = options.instruction();
        if (instruction != null) {
            params.instruction(instruction);
        }
        Integer chunks = options.maxChunksPerDocument();
        if (chunks != null) {
            params.maxChunksPerDoc(chunks);
        }
        if (options.truncation() != Truncation.END) {
            params.truncate(Embedding.mode(options.truncation()));
        }
        RerankReply reply = choice.client(surroundings).rerank().create(params.build());
        return reply.results().stream().map(result -> new Scored(result.index(), result.relevanceScore())).toList();
    }

    private void json(String model, String query, List<Row> rows, List<Scored> best) {
        var results = new ArrayList<>();
        for (Scored scored : best) {
            var result = new LinkedHashMap<String, Object>();
            result.put("index", scored.index());
            result.put("relevance_score", scored.score());
            result.put("document", rows.get(scored.index()).fields());
            results.add(result);
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("model", model);
        answer.put("query", query);
        answer.put("results", results);
        Rows.print(surroundings.out(), answer);
    }

    private void table(List<Row> rows, List<Scored> best) {
        PrintStream out = surroundings.out();
        int digits = String.valueOf(best.size()).length();
        int room = Terminal.columns() - digits - 12;
        int rank = 0;
        for (Scored scored : best) {
            rank++;
            String number = String.format(Locale.ROOT, "%" + digits + "d", rank);
            out.println("%s  %s  %s".formatted(number, Display.score(scored.score()),
                    Display.clip(rows.get(scored.index()).text(), room)));
        }
    }
}
