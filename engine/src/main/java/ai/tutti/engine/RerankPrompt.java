package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ScoreActivation;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a language model is asked whether a document answers a query, and how its answer becomes a score.
 *
 * <p><b>Pieces.</b> The prompt is {@code before, query, between, document, after}, each tokenised on its own and their token ids
 * joined: tokenised as one text they would give other ids, since a vocabulary may have a token for the end of one and the
 * beginning of the next. Where {@code between} is null, query and document are one piece. {@code query} and {@code document} hold
 * what the caller wrote, at the places {@code {instruction}}, {@code {query}} and {@code {document}}; there nothing becomes a
 * special token. In the others the special tokens are meant.
 *
 * @param name what it is called in a {@code template} setting
 * @param before in front of the query's piece
 * @param query the query's piece
 * @param instructedQuery the query's piece where the caller gives an instruction; null: the caller may give none
 * @param between between query and document; null: both are one piece
 * @param document the document's piece, {@code {document}} at its end
 * @param after the pieces behind the document, each tokenised on its own
 * @param answer what the model answers with
 * @param activation what a score is: the difference of the logits, or the sigmoid of it
 * @param midpoint the difference that means "half"; a normalised score is the sigmoid of what lies above it
 * @param limits how long it may be
 */
public record RerankPrompt(
        String name,
        String before,
        String query,
        @Nullable String instructedQuery,
        @Nullable String between,
        String document,
        List<String> after,
        Answer answer,
        ScoreActivation activation,
        double midpoint,
        Limits limits) {
    /** How a model says that a document answers the query. */
    public sealed interface Answer {
        /** For messages: {@code "yes"}. */
        String text();

        /** With one of two words, each a single token. */
        record Words(String yes, String no) implements Answer {
            public Words {
                requireNonNull(yes, "yes is null");
                requireNonNull(no, "no is null");
            }

            @Override
            public String text() {
                return "\"%s\" and \"%s\"".formatted(yes, no);
            }
        }

        /** With one of two tokens; where {@code no} is null, the score is the first one's logit alone. */
        record Ids(int yes, @Nullable Integer no) implements Answer {
            @Override
            public String text() {
                return no == null ? "token " + yes : "tokens %d and %d".formatted(yes, no);
            }
        }
    }

    /**
     * How long a prompt may be within the model's own limit; what applies unless the operator sets another.
     *
     * @param tokens the most of the whole prompt
     * @param room the most of query and document together, what stands between them included
     * @param queryQuarters of how many quarters of that room the query may take; 4: the whole, so that the document is cut first
     */
    public record Limits(int tokens, int room, int queryQuarters) {
        /** As the model says; the document is cut first. */
        public static final Limits NONE = new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE, 4);
    }

    private static final String JUDGE = "Judge whether the Document meets the requirements based on the Query and the Instruct"
            + " provided. Note that the answer can only be \"yes\" or \"no\".";
    private static final String MXBAI_TASK = "You are a search relevance expert who evaluates how well documents match search"
            + " queries. For each query-document pair, carefully analyze the semantic relationship between them, then provide your"
            + " binary relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:";

    /** mxbai-rerank's second version, as the package {@code mxbai-rerank} 0.1.6 asks. */
    public static final RerankPrompt MXBAI_RERANK_V2 = new RerankPrompt(
            "mxbai-rerank-v2",
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
            "query: {query}",
            "instruction: {instruction}\nquery: {query}",
            "\n",
            "document: {document}",
            List.of("\n", MXBAI_TASK, "<|im_end|>\n<|im_start|>assistant\n"),
            new Answer.Words("1", "0"),
            ScoreActivation.IDENTITY,
            Mxbai.OTHERWISE / 2,
            new Limits(Integer.MAX_VALUE, 8192, 3));

    /** Qwen3-Reranker, as its repository asks by transformers (with single line breaks; its vLLM example has blank lines). */
    public static final RerankPrompt QWEN3_RERANKER = new RerankPrompt(
            "qwen3-reranker",
            "<|im_start|>system\n" + JUDGE + "<|im_end|>\n<|im_start|>user\n",
            "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n<Query>: {query}\n",
            "<Instruct>: {instruction}\n<Query>: {query}\n",
            null,
            "<Document>: {document}",
            List.of("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"),
            new Answer.Words("yes", "no"),
            ScoreActivation.SIGMOID,
            0,
            new Limits(8192, Integer.MAX_VALUE, 4));

    private static final Map<String, RerankPrompt> NAMED =
            Stream.of(MXBAI_RERANK_V2, QWEN3_RERANKER).collect(Collectors.toMap(RerankPrompt::name, prompt -> prompt));

    public RerankPrompt {
        requireNonNull(name, "name is null");
        requireNonNull(before, "before is null");
        requireNonNull(answer, "answer is null");
        requireNonNull(activation, "activation is null");
        requireNonNull(limits, "limits is null");
        after = List.copyOf(after);
        if (after.stream().allMatch(String::isEmpty)) {
            throw new IllegalArgumentException("a prompt needs something behind the document, where the model answers");
        }
        PromptText.require(query, "query", PromptText.QUERY);
        PromptText.require(document, "document", PromptText.DOCUMENT);
        if (!document.endsWith(PromptText.DOCUMENT)) {
            throw new IllegalArgumentException("document must end with " + PromptText.DOCUMENT);
        }
        if (instructedQuery != null) {
            PromptText.require(instructedQuery, "query", PromptText.QUERY);
            PromptText.require(instructedQuery, "query", PromptText.INSTRUCTION);
        }
    }

    /**
     * A prompt of the operator's own: {@code prefix}, then query and document as one piece, then {@code suffix}. The score is the
     * sigmoid of the logits' difference.
     *
     * @param query holds {@code {query}}, and may hold {@code {instruction}}
     * @param document ends with {@code {document}}
     * @param instruction what stands in the place of {@code {instruction}} where the caller gives none
     * @throws IllegalArgumentException with one line about what is wrong
     */
    public static RerankPrompt custom(
            String prefix, String query, String document, String suffix, @Nullable String instruction, Answer answer) {
        boolean instructed = query.contains(PromptText.INSTRUCTION);
        if (instructed != (instruction != null)) {
            throw new IllegalArgumentException(
                    instructed
                            ? "query holds {instruction}, so instruction must say what stands there by default"
                            : "instruction has no place: query does not hold {instruction}");
        }
        return new RerankPrompt(
                "of its own",
                prefix,
                instruction == null ? query : query.replace(PromptText.INSTRUCTION, instruction),
                instructed ? query : null,
                null,
                document,
                List.of(suffix),
                answer,
                ScoreActivation.SIGMOID,
                0,
                Limits.NONE);
    }

    /** A prompt known by name, whatever its case; null for others. */
    public static @Nullable RerankPrompt named(String name) {
        return NAMED.get(name.toLowerCase(Locale.ROOT));
    }

    /** The names of the known prompts, sorted. */
    public static List<String> names() {
        return NAMED.keySet().stream().sorted().toList();
    }

    /** All text in it that is not the caller's. */
    String ownText() {
        return String.join("\n", before, query, String.valueOf(instructedQuery), between == null ? "" : between, document)
                + String.join("\n", after);
    }

    /** The same for one of the models that use it, which may differ in what "half" means. */
    RerankPrompt of(String model, ModelConfig config) {
        return name.equals(MXBAI_RERANK_V2.name) ? withMidpoint(Mxbai.estimate(model, config) / 2) : this;
    }

    private RerankPrompt withMidpoint(double value) {
        return new RerankPrompt(
                name, before, query, instructedQuery, between, document, after, answer, activation, value, limits);
    }

    /**
     * The package {@code mxbai-rerank} estimates what a model's highest score is by the model's name on the hub, and takes the large
     * one's for any other name, also for a folder with the base model. Here a folder's model is known by its shape.
     */
    private static final class Mxbai {
        private static final double OTHERWISE = 12;
        private static final double BASE = 9;

        private static double estimate(String model, ModelConfig config) {
            String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
            boolean large = name.equals("mxbai-rerank-large-v2");
            boolean base = name.equals("mxbai-rerank-base-v2")
                    || (config.intOr("hidden_size", 0) == 896 && config.intOr("num_hidden_layers", 0) == 24);
            return base && !large ? BASE : OTHERWISE;
        }
    }
}
