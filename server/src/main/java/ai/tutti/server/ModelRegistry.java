package ai.tutti.server;

import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import ai.tutti.hub.ResolvedModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The loaded models, found by name or alias, whatever the case: Together's own documents spell names in several ways. */
final class ModelRegistry implements AutoCloseable {
    private final List<ServedModel> models;
    private final SequencedMap<String, ServedModel> byName = new LinkedHashMap<>();
    private final Map<String, ServedModel> byFoldedName = new TreeMap<>();

    private ModelRegistry(List<ServedModel> models) {
        this.models = List.copyOf(models);
        models.forEach(model -> add(model.name(), model));
        models.forEach(model -> model.aliases().forEach(alias -> add(alias, model)));
    }

    private void add(String name, ServedModel model) {
        byName.put(name, model);
        byFoldedName.putIfAbsent(name.toLowerCase(Locale.ROOT), model);
    }

    /**
     * Finds and loads everything that the settings name.
     *
     * @throws StartException when one of them cannot be served
     */
    static ModelRegistry load(Engine engine, ServerSettings settings) {
        Map<String, List<String>> aliases = aliases(settings);
        List<ServedModel> models = new ArrayList<>();
        try {
            for (ModelSpec spec : settings.models()) {
                models.add(load(engine, spec, settings, aliases.getOrDefault(spec.name(), List.of())));
            }
            return new ModelRegistry(models);
        } catch (ModelLoadException e) {
            models.forEach(model -> model.embedding().close());
            throw new StartException(Objects.requireNonNullElse(e.getMessage(), "a model cannot be loaded"), e);
        }
    }

    private static ServedModel load(Engine engine, ModelSpec spec, ServerSettings settings, List<String> aliases) {
        ModelSettings own = settings.settingsOf(spec.name());
        ResolvedModel resolved = Hub.resolve(spec.folder() == null ? new ModelSpec(spec.name(), own.path()) : spec);
        ModelOptions options = new ModelOptions(
                spec.name(),
                own.precision() == null ? settings.precision() : own.precision(),
                own.maxTokens(),
                own.matryoshka() == null ? resolved.entry().matryoshka() : own.matryoshka(),
                resolved.entry().prompts());
        EmbeddingModel model = EmbeddingModel.load(engine, resolved.folder(), options);
        return new ServedModel(spec.name(), model, new CosineReranker(model), resolved.entry(), aliases);
    }

    /** A model's aliases by its name, sorted; refuses those that cannot be. */
    private static Map<String, List<String>> aliases(ServerSettings settings) {
        List<String> names = settings.models().stream().map(ModelSpec::name).toList();
        names.stream().filter(name -> names.indexOf(name) != names.lastIndexOf(name)).findFirst().ifPresent(twice -> {
            throw new StartException("the model " + twice + " is named twice; name it once");
        });
        Map<String, List<String>> aliases = new TreeMap<>();
        new TreeMap<>(settings.aliases()).forEach((alias, name) -> {
            if (names.contains(alias)) {
                throw new StartException("the alias " + alias + " is the name of a served model; choose another");
            }
            if (!names.contains(name)) {
                throw new StartException("the alias %s stands for %s, which is not served; served: %s"
                        .formatted(alias, name, String.join(", ", names)));
            }
            aliases.computeIfAbsent(name, key -> new ArrayList<>()).add(alias);
        });
        return aliases;
    }

    /** The models themselves. */
    List<ServedModel> models() {
        return models;
    }

    /** All names that can be asked for, aliases last. */
    Collection<String> names() {
        return byName.sequencedKeySet();
    }

    /**
     * The model that answers to a name.
     *
     * @throws ApiException 404, listing what is served
     */
    ServedModel require(String name) {
        ServedModel model = find(name);
        if (model == null) {
            throw Errors.unknownModel(name, names());
        }
        return model;
    }

    private @Nullable ServedModel find(String name) {
        ServedModel model = byName.get(name);
        return model != null ? model : byFoldedName.get(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() {
        models.forEach(model -> model.embedding().close());
    }
}
