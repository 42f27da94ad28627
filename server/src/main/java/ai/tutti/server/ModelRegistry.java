package ai.tutti.server;

import ai.tutti.engine.Engine;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.ModelSpec;
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

/** The served models, found by name or alias, whatever the case: Together's own documents spell names in several ways. */
final class ModelRegistry implements AutoCloseable {
    private final Shelf shelf;
    private final Loader loader;
    private final SequencedMap<String, Slot> byName = new LinkedHashMap<>();
    private final Map<String, Slot> byFoldedName = new TreeMap<>();

    private ModelRegistry(Shelf shelf, Loader loader) {
        this.shelf = shelf;
        this.loader = loader;
        shelf.slots().forEach(slot -> add(slot.name(), slot));
        shelf.slots().forEach(slot -> slot.known().aliases().forEach(alias -> add(alias, slot)));
    }

    private void add(String name, Slot slot) {
        byName.put(name, slot);
        byFoldedName.putIfAbsent(name.toLowerCase(Locale.ROOT), slot);
    }

    /**
     * Finds everything that the settings name, and loads what is not to wait until it is asked for.
     *
     * @throws StartException when one of them cannot be served
     */
    static ModelRegistry load(Engine engine, ServerSettings settings, Metrics metrics) {
        ShelfSettings limits = settings.shelf();
        Shelf shelf = new Shelf(find(engine, settings), limits.memoryBudgetBytes(), limits.loadWait(), metrics);
        ModelRegistry registry = new ModelRegistry(shelf, Loader.start(engine, shelf));
        try {
            LoadFault fault = shelf.loadAtStart();
            if (fault == null) {
                return registry;
            }
            throw fault.isExpected()
                    ? new StartException(fault.message(), fault.cause())
                    : new IllegalStateException("a model cannot be loaded", fault.cause());
        } catch (InterruptedException e) {
            registry.close();
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while the models were being loaded", e);
        } catch (RuntimeException | Error e) {
            registry.close();
            throw e;
        }
    }

    private static List<KnownModel> find(Engine engine, ServerSettings settings) {
        Map<String, List<String>> aliases = aliases(settings);
        long budget = settings.shelf().memoryBudgetBytes();
        List<KnownModel> models = new ArrayList<>();
        try {
            for (ModelSpec spec : settings.models()) {
                KnownModel model =
                        KnownModel.find(engine, spec, settings, aliases.getOrDefault(spec.name(), List.of()));
                if (model.estimatedBytes() > budget) {
                    throw new StartException(model.tooLarge(model.estimatedBytes(), budget));
                }
                models.add(model);
            }
            return models;
        } catch (ModelLoadException e) {
            throw new StartException(Objects.requireNonNullElse(e.getMessage(), "a model cannot be loaded"), e);
        }
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

    /** Where the models are, in memory or not. */
    Shelf shelf() {
        return shelf;
    }

    /** How all models are at this moment, in the order in which they were named. */
    List<ModelStatus> statuses() {
        return shelf.slots().stream().map(shelf::status).toList();
    }

    /** All names that can be asked for, aliases last. */
    Collection<String> names() {
        return byName.sequencedKeySet();
    }

    /**
     * How the model is that answers to a name.
     *
     * @throws ApiException 404, listing what is served
     */
    ModelStatus status(String name) {
        return shelf.status(slot(name));
    }

    /**
     * Takes the model that answers to a name to work with; has it loaded and waits for that if it is not in memory.
     *
     * @throws ApiException 404, listing what is served; 503 when it cannot be loaded, or not soon enough
     */
    Lease borrow(String name) throws InterruptedException {
        return shelf.borrow(slot(name));
    }

    /**
     * The place of the model that answers to a name.
     *
     * @throws ApiException 404, listing what is served
     */
    Slot slot(String name) {
        Slot slot = find(name);
        if (slot == null) {
            throw Errors.unknownModel(name, names());
        }
        return slot;
    }

    /** Whether a model answers to a name. */
    boolean serves(String name) {
        return find(name) != null;
    }

    private @Nullable Slot find(String name) {
        Slot slot = byName.get(name);
        return slot != null ? slot : byFoldedName.get(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() {
        loader.close();
        shelf.close();
    }
}
