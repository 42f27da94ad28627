package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.ModelSize;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.CatalogueEntry;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import ai.tutti.hub.ResolvedModel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that is served, whether it is loaded or not.
 *
 * @param name its own name
 * @param aliases further names that it answers to, sorted
 * @param folder where its files lie
 * @param type the {@code model_type} that they say
 * @param entry what the catalogue knows of it
 * @param options how it is to be loaded
 * @param precision the arithmetic it will use
 * @param note what a user should know of its folder; null: nothing
 * @param maxTokens the longest text in tokens
 * @param lazy whether it is loaded when it is first asked for, and not at the start
 * @param estimatedBytes native memory that its weights will take, as far as can be told before they are loaded
 */
record KnownModel(
        String name,
        List<String> aliases,
        Path folder,
        String type,
        CatalogueEntry entry,
        ModelOptions options,
        Precision precision,
        @Nullable String note,
        int maxTokens,
        boolean lazy,
        long estimatedBytes) {
    KnownModel {
        requireNonNull(name, "name is null");
        aliases = List.copyOf(aliases);
        requireNonNull(folder, "folder is null");
        requireNonNull(type, "type is null");
        requireNonNull(entry, "entry is null");
        requireNonNull(options, "options is null");
        requireNonNull(precision, "precision is null");
    }

    /**
     * Finds a model's folder and looks at it, but not at its weights' numbers.
     *
     * @throws ai.tutti.engine.checkpoint.ModelLoadException when the folder cannot be served
     */
    static KnownModel find(Engine engine, ModelSpec spec, ServerSettings settings, List<String> aliases) {
        ModelSettings own = settings.settingsOf(spec.name());
        ResolvedModel resolved = Hub.resolve(spec.folder() == null && own.path() != null ? spec.in(own.path()) : spec);
        ModelOptions options = new ModelOptions(
                spec.name(),
                own.precision() == null ? settings.precision() : own.precision(),
                own.maxTokens() == null ? resolved.raisedTokens() : own.maxTokens(),
                own.matryoshka() == null ? resolved.entry().matryoshka() : own.matryoshka(),
                resolved.entry().prompts(),
                own.reproduction(),
                own.prompt(resolved.entry()),
                Hub.uncasedTokenizer(resolved.folder()));
        Precision asked = options.precision();
        Precision precision = asked == null ? engine.autoPrecision(resolved.folder()) : asked;
        Integer limit = options.maxTokens();
        return new KnownModel(
                spec.name(),
                aliases,
                resolved.folder().path(),
                resolved.folder().modelType(),
                own.entry(resolved.entry()),
                options,
                precision,
                note(resolved),
                limit == null ? resolved.folder().maxTokens() : limit,
                own.lazy() == null ? settings.shelf().lazy() : own.lazy(),
                ModelSize.estimate(resolved.folder(), precision));
    }

    private static @Nullable String note(ResolvedModel model) {
        boolean poolsItself = model.folder().modelType().equals("m2_bert");
        return model.entry().kind() == CatalogueEntry.Kind.EMBEDDING && model.folder().assumedPooling() && !poolsItself
                ? "its folder has no modules.json; mean pooling, not normalised, is assumed"
                : null;
    }

    /**
     * Loads it, from what the folder holds now: it may have been mended since it was last looked at.
     *
     * @throws ai.tutti.engine.checkpoint.ModelLoadException when the folder cannot be served
     */
    ServedModel load(Engine engine) {
        return ServedModel.load(engine, this, ModelFolder.open(folder));
    }

    /** Why it can never be loaded, if it takes more memory than all models may have. */
    String tooLarge(long bytes, long budget) {
        return "the model %s takes %s of memory for its weights in %s, and the memory budget for all models is %s:"
                        .formatted(name, Sizes.text(bytes), precision.wireName(), Sizes.text(budget))
                + " raise --memory-budget"
                + smaller();
    }

    /** What takes less memory. A decoder's weights take no more in f32 than in bf16. */
    private String smaller() {
        if (Families.isDecoder(type)) {
            return precision == Precision.INT8 ? "" : ", or load it in int8";
        }
        return precision == Precision.F32 ? ", or load it in bf16 where the CPU can" : "";
    }
}
