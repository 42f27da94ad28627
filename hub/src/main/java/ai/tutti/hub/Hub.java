package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.CatalogueEntry.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * From a model's name to its folder: the one that was named, the one that comes with Tutti, the Hugging Face cache, or, when
 * the cache lacks a file, the hub on the network. What is here and whole is used as it is, without asking whether there is
 * something newer; {@link #pull} asks.
 */
public final class Hub {
    /** The model that comes with Tutti. */
    public static final String BUNDLED = "BAAI/bge-small-en-v1.5";

    private final HubSettings settings;
    private final Progress progress;
    private final Retries retries;

    public Hub(HubSettings settings, Progress progress) {
        this(settings, progress, Retries.DEFAULT);
    }

    Hub(HubSettings settings, Progress progress, Retries retries) {
        this.settings = requireNonNull(settings, "settings is null");
        this.progress = requireNonNull(progress, "progress is null");
        this.retries = requireNonNull(retries, "retries is null");
    }

    /**
     * Finds a model's folder, by this process's environment and without a word, and reads its configuration.
     *
     * @throws ModelLoadException when there is no folder for the name or it cannot be served; one line
     */
    public static ResolvedModel resolve(ModelSpec spec) {
        ModelFolder folder = ModelFolder.open(
                isAtHand(spec) ? atHand(spec) : new Hub(HubSettings.of(System.getenv()), Progress.SILENT).locate(spec));
        return new ResolvedModel(spec.name(), folder, entry(spec.name(), folder));
    }

    private static CatalogueEntry entry(String name, ModelFolder folder) {
        CatalogueEntry known = Catalogue.find(name);
        return known == null ? CatalogueEntry.unknown(name, kind(folder)) : known;
    }

    /** The models that the catalogue knows, in its order, and those of the cache that can be served besides. */
    public List<ModelSummary> models() {
        var models = new ArrayList<ModelSummary>();
        for (CatalogueEntry entry : Catalogue.entries()) {
            ModelSummary here = here(entry.name());
            models.add(here == null ? new ModelSummary(entry, null, Map.of()) : here);
        }
        for (RepositoryName name : CachedRepository.names(settings.cache())) {
            ModelSummary here = Catalogue.find(name.text()) == null ? here(name.text()) : null;
            if (here != null && here.isServable()) {
                models.add(here);
            }
        }
        return models;
    }

    /** A model whose files are here and can be read; else null. */
    private @Nullable ModelSummary here(String name) {
        try {
            ModelSummary model = summary(new ModelSpec(name, null));
            return model.folder() == null ? null : model;
        } catch (ModelLoadException e) {
            return null; // another program's, or a broken one, of which its own page tells
        }
    }

    /**
     * What is known of a model, without asking the hub.
     *
     * @throws ModelLoadException when its files are here and broken, or nothing is known of it
     */
    public ModelSummary summary(ModelSpec spec) {
        Path here = find(spec);
        if (here != null) {
            ModelFolder folder = ModelFolder.open(here);
            return new ModelSummary(entry(spec.name(), folder), folder, sizes(here));
        }
        CatalogueEntry known = Catalogue.find(spec.name());
        if (known == null) {
            throw new ModelLoadException("%s is neither here nor in the catalogue: tutti pull %s fetches it"
                    .formatted(spec, spec));
        }
        return new ModelSummary(known, null, Map.of());
    }

    /**
     * A folder with bert-base-uncased's tokenizer for a model that was trained with it and whose folder carries another one;
     * null for other models. The bundled model has that very tokenizer.
     */
    public static @Nullable Path uncasedTokenizer(ModelFolder folder) {
        return folder.modelType().equals("m2_bert") ? BundledModel.folder() : null;
    }

    /**
     * The folder of a model's files; downloads those that are missing.
     *
     * @throws ModelLoadException when it cannot be had; one line that says why and what to do
     */
    public Path locate(ModelSpec spec) {
        Path here = find(spec);
        return here == null ? fetch(spec, true) : here;
    }

    /** The folder of a model's files where all of them are here; else null. Asks nobody. */
    public @Nullable Path find(ModelSpec spec) {
        if (isAtHand(spec)) {
            return atHand(spec);
        }
        RepositoryName name = RepositoryName.of(spec);
        CachedRepository repository = CachedRepository.of(settings.cache(), name);
        String commit = repository.commit(RepositoryName.revision(spec));
        return commit == null || NeededFiles.missing(repository, commit) != null ? null : repository.snapshot(commit);
    }

    /**
     * Asks the hub for the newest commit of a model's revision and downloads what is missing of it. Where the hub cannot be
     * asked and the files of an earlier time are whole, it is these, and the progress is told.
     *
     * @return the folder of its files
     * @throws ModelLoadException when they cannot be had; one line that says why and what to do
     */
    public Path pull(ModelSpec spec) {
        return fetch(spec, false);
    }

    private Path fetch(ModelSpec spec, boolean toServe) {
        RepositoryName name = RepositoryName.of(spec);
        CatalogueEntry known = Catalogue.find(name.text());
        if (known != null && !known.published()) {
            throw new ModelLoadException("%s cannot be had: %s".formatted(name, known.traps().getFirst()));
        }
        if (settings.offline()) {
            return withoutTheHub(spec, "HF_HUB_OFFLINE is set", null);
        }
        try (var download = new Download(settings, retries, progress, name, RepositoryName.revision(spec), toServe)) {
            return download.run();
        } catch (HubUnreachableException e) {
            return withoutTheHub(spec, requireNonNull(e.getMessage()), e);
        } catch (IOException e) {
            throw new ModelLoadException("%s cannot be kept in %s: %s: make room there, or set HF_HOME to another folder"
                    .formatted(name, settings.cache(), Refusals.oneLine(String.valueOf(e.getMessage()))), e);
        }
    }

    /** Whether a model has a folder of its own or comes with Tutti, so that neither cache nor hub is needed for it. */
    public static boolean isAtHand(ModelSpec spec) {
        return spec.folder() != null || (spec.name().equalsIgnoreCase(BUNDLED) && spec.revision() == null);
    }

    private static Path atHand(ModelSpec spec) {
        return spec.folder() != null ? spec.folder() : BundledModel.folder();
    }

    private Path withoutTheHub(ModelSpec spec, String why, @Nullable Throwable cause) {
        Path here = find(spec);
        if (here != null) {
            progress.note("%s: %s; using what is here, %s".formatted(spec, why, here));
            return here;
        }
        String message = "%s, and the hub cannot be asked: %s; or name its folder, --model %s=FOLDER"
                .formatted(lack(spec), why, spec.name());
        throw cause == null ? new ModelLoadException(message) : new ModelLoadException(message, cause);
    }

    private String lack(ModelSpec spec) {
        CachedRepository repository = CachedRepository.of(settings.cache(), RepositoryName.of(spec));
        String commit = repository.commit(RepositoryName.revision(spec));
        return commit == null
                ? "%s is not in %s".formatted(spec, settings.cache())
                : "%s lacks %s".formatted(repository.snapshot(commit), NeededFiles.missing(repository, commit));
    }

    /** What lies in a folder, by name. */
    private static Map<String, Long> sizes(Path folder) {
        var sizes = new TreeMap<String, Long>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sizes.put(folder.relativize(file).toString(), Files.size(file));
            }
        } catch (IOException | UncheckedIOException e) {
            throw new ModelLoadException("%s cannot be read: %s".formatted(folder, e.getMessage()), e);
        }
        return sizes;
    }

    /** A classifier, or a language model without sentence-transformers' files, scores; everything else embeds. */
    private static Kind kind(ModelFolder folder) {
        boolean languageModel = folder.architecture().endsWith("ForCausalLM")
                && !Files.exists(folder.path().resolve(NeededFiles.MODULES));
        return languageModel || folder.logitScore() != null || isClassifier(folder.architecture(), folder.modelType()) ? Kind.RERANK : Kind.EMBEDDING;
    }

    static boolean isClassifier(String architecture, String modelType) {
        return architecture.endsWith("ForSequenceClassification") && !modelType.equals("m2_bert");
    }
}
