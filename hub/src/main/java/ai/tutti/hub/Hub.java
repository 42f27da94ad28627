package ai.tutti.hub;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.CatalogueEntry.Kind;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds models. */
public final class Hub {
    /** The model that comes with Tutti. */
    public static final String BUNDLED = "BAAI/bge-small-en-v1.5";

    private Hub() {}

    /**
     * Finds a model's folder and reads its configuration.
     *
     * @throws ModelLoadException when there is no folder for the name or it cannot be served; one line
     */
    public static ResolvedModel resolve(ModelSpec spec) {
        ModelFolder folder = ModelFolder.open(folder(spec));
        CatalogueEntry known = Catalogue.find(spec.name());
        return new ResolvedModel(
                spec.name(), folder, known == null ? CatalogueEntry.unknown(spec.name(), kind(folder)) : known);
    }

    private static Path folder(ModelSpec spec) {
        if (spec.folder() != null) {
            return spec.folder();
        }
        if (spec.name().equals(BUNDLED)) {
            return BundledModel.folder();
        }
        throw new ModelLoadException("%s does not come with Tutti: name the folder that has its files, for instance "
                .formatted(spec.name())
                + "--model %s=/models/%s".formatted(spec.name(), spec.name().substring(spec.name().lastIndexOf('/') + 1)));
    }

    /** A classifier, or a language model without sentence-transformers' files, scores; everything else embeds. */
    private static Kind kind(ModelFolder folder) {
        String architecture = folder.architecture();
        boolean classifier = architecture.endsWith("ForSequenceClassification")
                && !folder.modelType().equals("m2_bert");
        boolean languageModel = architecture.endsWith("ForCausalLM")
                && !Files.exists(folder.path().resolve("modules.json"));
        return classifier || languageModel ? Kind.RERANK : Kind.EMBEDDING;
    }
}
