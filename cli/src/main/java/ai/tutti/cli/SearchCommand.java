package ai.tutti.cli;

import ai.tutti.hub.ModelSpec;
import ai.tutti.search.Embedder;
import ai.tutti.search.Filter;
import ai.tutti.search.Hit;
import ai.tutti.search.LuceneStore;
import ai.tutti.search.RagPipeline;
import ai.tutti.search.Reranker;
import ai.tutti.search.Retrieval;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti search}: which passages of an index fit a query. */
final class SearchCommand {
    static final String RETRIEVAL = "--retrieval";
    static final String RERANKER = "--reranker";
    private static final String TOP = "--top";

    /** How many a reranker looks at for each one that is shown. */
    private static final int DEPTH = 4;

    private static final int MOST = 1_000;

    private final Surroundings surroundings;

    SearchCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("QUERY", "1..*", "What to look for."))
                .addOption(Options.value(TOP, "COUNT", "How many passages at most (default: 10)."));
        addSearch(command);
        command.addOption(Options.json());
        Options.addModel(command);
        command.addOption(Options.verbose());
        command.usageMessage()
                .description("Finds passages in an index, by meaning and by words.%n")
                .footer(
                        "%nFilters name what is known of a file: path, name, type (such as md), size in bytes, "
                                + "modified (a day). Several with one name and = are alternatives.");
        return command;
    }

    /** How passages are looked for. */
    static void addSearch(CommandSpec command) {
        command.addOption(Options.value(IndexFolder.OPTION, "FOLDER",
                "Where the index lies (default: tutti-index in this folder)."))
                .addOption(Options.value(RETRIEVAL, "hybrid|vector|text",
                        "By meaning and words, meaning alone, or words alone (default: hybrid)."))
                .addOption(Options.values(Filters.OPTION, "NAME=VALUE",
                        "Only such files: type=md, size<=10000, modified>=2026-01-31. Repeatable."))
                .addOption(Options.value(RERANKER, "NAME[=FOLDER]", "A model that orders what was found (default: none)."));
    }

    static Retrieval retrieval(Args args) {
        return args.given(RETRIEVAL, given -> Values.choice(given, Retrieval.values()), Retrieval.HYBRID);
    }

    static @Nullable Reranker reranker(Args args, SearchModels models) {
        ModelSpec spec = args.given(RERANKER, ModelChoice::spec);
        return spec == null ? null : models.reranker(spec);
    }

    void run(Args args) throws IOException, InterruptedException {
        IndexFolder index = IndexFolder.of(args, surroundings);
        index.requireExists();
        String query = String.join(" ", args.texts());
        if (query.isBlank()) {
            throw new UsageException("the query is empty");
        }
        Filter filter = Filters.of(args.all(Filters.OPTION));
        int top = args.given(TOP, given -> (int) Values.count(given, MOST), 10);
        Retrieval retrieval = retrieval(args);
        ModelChoice choice = index.choice(args);
        List<Hit> hits;
        try (var models = new SearchModels(choice, surroundings);
                LuceneStore store = LuceneStore.openReadOnly(index.path())) {
            Embedder embedder = models.embedder();
            index.requireSame(embedder);
            Reranker reranker = reranker(args, models);
            RagPipeline pipeline = RagPipeline.builder(embedder, store)
                    .retrieval(retrieval)
                    .reranker(reranker)
                    .topK(reranker == null ? top : DEPTH * top)
                    .topN(top)
                    .build();
            hits = pipeline.rerank(query, pipeline.retrieve(query, filter));
        }
        var found = new Found(surroundings, query);
        if (args.has(Options.JSON) || !Terminal.showsOutput()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("query", query);
            answer.put("model", choice.spec().name());
            answer.put("hits", found.json(hits));
            Rows.print(surroundings.out(), answer);
        } else if (hits.isEmpty()) {
            surroundings.out().println("Nothing was found.");
        } else {
            found.print(hits);
        }
    }
}
