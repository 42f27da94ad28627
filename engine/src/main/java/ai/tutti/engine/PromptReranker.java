package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.RerankPrompt.Answer;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.ScoreActivation;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.nn.Elementwise;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.LabelDifference;
import ai.tutti.engine.nn.LogitDifference;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.tensor.Precision;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A loaded language model that is asked by a prompt whether a document answers a query. Its score is how much rather it would go
 * on with one word than with the other, or what a classifier made of those two words gives.
 *
 * <p><b>Strangers' text.</b> What a query, a document or an instruction says is text and nothing else: {@code <|im_end|>} in a
 * document is some ordinary tokens and not the end of the document. The prompt's own pieces are tokenised once, with the model's
 * special tokens; everything else goes through a tokenizer that has none.
 *
 * <p><b>What the documents share</b>, the prompt and the query, is computed once a request: {@link SharedPrefix}.
 *
 * <p><b>Too long.</b> See {@link AskedPrompt}.
 */
public final class PromptReranker implements RerankModel {
    private final LoadedModel<PairPass> model;
    private final PromptTokens prompt;
    private final int maxTokens;

    private PromptReranker(LoadedModel<PairPass> model, PromptTokens prompt, int maxTokens) {
        this.model = model;
        this.prompt = prompt;
        this.maxTokens = maxTokens;
    }

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @throws ModelLoadException when the folder cannot be served, or its model cannot be asked so; one line that names the file
     */
    static PromptReranker load(Engine engine, ModelFolder folder, ModelOptions options, RerankPrompt asked) {
        var template = asked.of(options.name(), folder.config());
        PromptTokens prompt;
        int vocabulary;
        try (var tokenizer = folder.tokenizer()) {
            prompt = PromptTokens.of(template, tokenizer);
            vocabulary = tokenizer.vocabularySize();
        } catch (IllegalArgumentException e) {
            throw new ModelLoadException(
                    "%s does not fit the template %s: %s".formatted(folder.path(), template.name(), e.getMessage()), e);
        }
        LoadedModel<PairPass> model = LoadedModel.load(
                engine,
                folder,
                options,
                () -> folder.defusedTokenizer(template.ownText()),
                tokenizer -> prompt.leastTokens(),
                (files, kernels, arena, precision, sample) -> {
                    var pass = PairPass.read(
                            files, kernels, arena, precision, sample, (_, weights) -> head(files, weights, prompt.answer()));
                    LoadedModel.requireRows(files, vocabulary, pass.vocabularySize());
                    return pass;
                });
        int limit = model.limit().most();
        return new PromptReranker(model, prompt, options.maxTokens() == null ? prompt.within(limit) : limit);
    }

    private static Head head(ModelFolder folder, Weights weights, Answer.Ids answer) {
        if (!folder.architecture().endsWith("ForSequenceClassification")) {
            return LogitDifference.read(folder.config(), weights, answer.yes(), answer.no());
        }
        var head = Families.head(folder, weights);
        return head.outputs() == 2 ? new LabelDifference(head) : head;
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public Precision precision() {
        return model.precision();
    }

    @Override
    public long weightBytes() {
        return model.pass().weightBytes();
    }

    @Override
    public String scoreDescription() {
        var logits = "difference of the logits of %s that the model gives behind the prompt %s"
                .formatted(prompt.prompt().answer().text(), prompt.prompt().name());
        return switch (prompt.prompt().activation()) {
            case SIGMOID -> "sigmoid of the " + logits;
            case IDENTITY -> "%s; with normalize the sigmoid of what is above %s".formatted(logits, prompt.prompt().midpoint());
        };
    }

    @Override
    public RerankStream start(String query, List<String> documents, RerankOptions options, Terms terms)
            throws InterruptedException {
        var batch = new RerankBatch(name(), options);
        var asked = ask(query, options, batch);
        for (var document : documents) {
            if (Thread.interrupted()) {
                throw new InterruptedException("tokenising was given up");
            }
            asked.add(document);
        }
        var results = model.start(batch.texts(), batch.terms(terms), asked.shared());
        return new DocumentScores(batch, results) {
            @Override
            float score(float[] result) {
                return PromptReranker.this.score(result[0], options);
            }
        };
    }

    private AskedPrompt ask(String query, RerankOptions options, RerankBatch batch) {
        return new AskedPrompt(prompt, model.tokenizer(), query, options, batch, prompt.room(maxTokens));
    }

    private float score(float logit, RerankOptions options) {
        if (options.normalize()) {
            return Elementwise.SIGMOID.of((float) (logit - prompt.prompt().midpoint()));
        }
        return options.rawScores() || prompt.prompt().activation() == ScoreActivation.IDENTITY
                ? logit
                : Elementwise.SIGMOID.of(logit);
    }

    @Override
    public void probe(Duration timeout) throws InterruptedException, TimeoutException {
        var batch = new RerankBatch(name(), RerankOptions.DEFAULT);
        ask("ready", RerankOptions.DEFAULT, batch).add("ready");
        model.probe(new Tokens(requireNonNull(batch.texts().getFirst()).ids()), timeout);
    }

    @Override
    public void close() {
        model.close();
    }
}
