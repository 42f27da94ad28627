package ai.tutti.cli;

import ai.tutti.client.Tutti;
import ai.tutti.search.Answer;
import ai.tutti.search.Embedder;
import ai.tutti.search.Filter;
import ai.tutti.search.Hit;
import ai.tutti.search.LuceneStore;
import ai.tutti.search.RagPipeline;
import ai.tutti.search.ServerChatModel;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti ask}: a chat model answers from what an index holds, with its sources. */
final class AskCommand {
    private static final String CHAT_URL = "--chat-url";
    private static final String CHAT_MODEL = "--chat-model";
    private static final String TOP_K = "--top-k";
    private static final String TOP_N = "--top-n";
    private static final String KEY = "TUTTI_CHAT_API_KEY";
    private static final int MOST = 1_000;

    private final Surroundings surroundings;

    AskCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("QUESTION", "1..*", "What to answer."))
                .addOption(Options.value(CHAT_URL, "URL", "A server with OpenAI's protocol: Together, llama.cpp, Ollama, vLLM, "
                        + "such as http://127.0.0.1:11434/v1."))
                .addOption(Options.value(CHAT_MODEL, "NAME", "The chat model's name there."))
                .addOption(Options.value(TOP_K, "COUNT", "How many passages the search finds (default: 20)."))
                .addOption(Options.value(TOP_N, "COUNT", "How many of them the answer is written from (default: 5)."));
        SearchCommand.addSearch(command);
        command.addOption(Options.json());
        Options.addModel(command);
        command.addOption(Options.verbose());
        command.usageMessage()
                .description("Has a chat model answer a question from an index, and names the sources.%n")
                .footer(
                        "%nTUTTI_CHAT_URL and TUTTI_CHAT_MODEL stand for the options of that name. The chat",
                        "server's key is taken from TUTTI_CHAT_API_KEY, else TOGETHER_API_KEY.");
        return command;
    }

    void run(Args args) throws IOException, InterruptedException {
        IndexFolder index = IndexFolder.of(args, surroundings);
        index.requireExists();
        String question = String.join(" ", args.texts());
        if (question.isBlank()) {
            throw new UsageException("the question is empty");
        }
        var chat = new ServerChatModel(client(setting(args, CHAT_URL)), setting(args, CHAT_MODEL).text());
        Filter filter = Filters.of(args.all(Filters.OPTION));
        boolean json = args.has(Options.JSON) || !Terminal.showsOutput();
        var found = new Found(surroundings, question);
        try (var models = new SearchModels(index.choice(args), surroundings);
                LuceneStore store = LuceneStore.openReadOnly(index.path())) {
            Embedder embedder = models.embedder();
            index.requireSame(embedder);
            RagPipeline pipeline = RagPipeline.builder(embedder, store)
                    .retrieval(SearchCommand.retrieval(args))
                    .reranker(SearchCommand.reranker(args, models))
                    .chat(chat)
                    .topK(args.given(TOP_K, given -> (int) Values.count(given, MOST), 20))
                    .topN(args.given(TOP_N, given -> (int) Values.count(given, MOST), 5))
                    .build();
            Answer answer = pipeline.ask(question, filter, json ? new RagPipeline.Listener() {} : new Aloud());
            if (json) {
                print(answer, chat.model(), found);
            } else {
                sources(answer.sources(), found);
            }
        }
    }

    /** Shows the answer while it is written. */
    private final class Aloud implements RagPipeline.Listener {
        @Override
        public void wrote(String piece) {
            PrintStream out = surroundings.out();
            out.print(Display.safe(piece));
            out.flush();
        }
    }

    private void sources(List<Hit> sources, Found found) {
        PrintStream out = surroundings.out();
        out.println();
        out.println();
        out.println(sources.isEmpty() ? "Nothing was found to answer from." : "Sources");
        found.printSources(sources);
    }

    private void print(Answer answer, String model, Found found) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("question", answer.question());
        all.put("answer", answer.text());
        all.put("chat_model", model);
        all.put("sources", found.json(answer.sources()));
        Rows.print(surroundings.out(), all);
    }

    private Given setting(Args args, String option) {
        @Nullable Given given = args.given(option);
        if (given != null) {
            return given;
        }
        String variable = "TUTTI_" + option.substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
        String value = surroundings.environment().getOrDefault(variable, "").strip();
        if (value.isEmpty()) {
            throw new UsageException("a chat model writes the answer: name its server by %s URL (or TUTTI_CHAT_URL) and it by %s NAME (or TUTTI_CHAT_MODEL)"
                    .formatted(CHAT_URL, CHAT_MODEL));
        }
        return new Given(value, variable);
    }

    private Tutti client(Given url) {
        String own = surroundings.environment().getOrDefault(KEY, "").strip();
        String key = own.isEmpty() ? surroundings.environment().getOrDefault("TOGETHER_API_KEY", "").strip() : own;
        Tutti.Builder builder;
        try {
            builder = Tutti.builder().baseUrl(url.text());
        } catch (IllegalArgumentException e) {
            throw url.wrong("the address of a server, such as http://127.0.0.1:11434/v1");
        }
        return (key.isEmpty() ? builder : builder.apiKey(key)).build();
    }
}
