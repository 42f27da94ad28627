package ai.tutti.cli;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.checkpoint.SentenceModule;
import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.ModelSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** What there is to say of a model, by name, as programs read it. */
final class ModelFacts {
    private ModelFacts() {}

    /** What the list shows. */
    static SequencedMap<String, Object> of(ModelSummary model, String precision) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("name", model.name());
        facts.put("kind", model.entry().kind().name().toLowerCase(Locale.ROOT));
        facts.put("family", model.family());
        putUnlessZero(facts, "dimensions", model.dimensions());
        putUnlessZero(facts, "max_tokens", model.maxTokens());
        putUnlessZero(facts, "parameters", model.entry().parameters());
        facts.put("license", model.entry().license());
        boolean servable = model.isServable() && model.entry().published();
        facts.put("servable", servable);
        if (servable) {
            facts.put("precision", precision);
        }
        ModelFolder folder = model.folder();
        facts.put("here", folder != null);
        if (folder != null) {
            facts.put("folder", folder.path().toString());
            facts.put("bytes", model.bytes());
        }
        return facts;
    }

    /** That, and how the model is run. */
    static SequencedMap<String, Object> inFull(ModelSummary model, String precision) {
        SequencedMap<String, Object> facts = of(model, precision);
        ModelFolder folder = model.folder();
        if (folder != null && model.entry().kind() == Kind.EMBEDDING) {
            facts.put("modules", modules(folder));
        } else if (folder != null) {
            facts.put("activation", folder.scoreActivation().name().toLowerCase(Locale.ROOT));
        }
        facts.put("prompts", prompts(model));
        if (folder != null && folder.defaultPromptName() != null) {
            facts.put("default_prompt_name", folder.defaultPromptName());
        }
        facts.put("matryoshka", Boolean.TRUE.equals(model.entry().matryoshka()));
        if (model.entry().tokenizer() != null) {
            facts.put("tokenizer", model.entry().tokenizer());
        }
        facts.put("files", model.files());
        facts.put("link", model.entry().link());
        facts.put("traps", model.entry().traps());
        return facts;
    }

    /** The catalogue's prompts and the folder's, which win. */
    static Map<String, String> prompts(ModelSummary model) {
        var prompts = new LinkedHashMap<>(model.entry().prompts());
        ModelFolder folder = model.folder();
        if (folder != null) {
            prompts.putAll(folder.prompts());
        }
        return prompts;
    }

    /** The steps from hidden states to the vector: {@code cls pooling}, {@code dense 768 to 256, tanh}, {@code to length 1}. */
    static List<String> modules(ModelFolder folder) {
        var steps = new ArrayList<String>();
        for (SentenceModule module : folder.modules()) {
            steps.add(switch (module) {
                case SentenceModule.Pooling pooling -> "%s pooling%s".formatted(
                        String.join(" and ", pooling.modes().stream().map(ModelFacts::name).toList()),
                        pooling.includePrompt() ? "" : " without the prompt");
                case SentenceModule.Normalize _ -> "to length 1";
                case SentenceModule.Dense dense -> "dense %d to %d, %s"
                        .formatted(dense.inFeatures(), dense.outFeatures(), dense.activation().toLowerCase(Locale.ROOT));
                case SentenceModule.LayerNorm _ -> "layer norm";
                case SentenceModule.LogitScore _ -> "the difference of two logits";
            });
        }
        return steps;
    }

    private static String name(PoolingMode mode) {
        return mode.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void putUnlessZero(Map<String, Object> facts, String name, long value) {
        if (value != 0) {
            facts.put(name, value);
        }
    }
}
