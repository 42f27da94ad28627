package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.SentenceModule;
import ai.tutti.engine.family.Families;
import ai.tutti.hub.CatalogueEntry.Kind;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model as a list shows it: what its files say where they are here, else what the catalogue knows.
 *
 * @param entry what the catalogue knows
 * @param folder its files; null where they are not here
 * @param files the sizes of its files in bytes, by name; empty where they are not here
 */
public record ModelSummary(CatalogueEntry entry, @Nullable ModelFolder folder, Map<String, Long> files) {
    public ModelSummary {
        requireNonNull(entry, "entry is null");
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    public String name() {
        return entry.name();
    }

    /** The family's name, its {@code model_type}. */
    public String family() {
        return folder == null || folder.modelType().isEmpty() ? entry.family() : folder.modelType();
    }

    /** Whether this version of Tutti computes models of its family. */
    public boolean isServable() {
        return Families.knows(family());
    }

    /** The most tokens of a text; 0 where unknown. */
    public int maxTokens() {
        if (folder == null) {
            return entry.maxTokens();
        }
        Integer raised = new ResolvedModel(name(), folder, entry).raisedTokens();
        return raised == null ? folder.maxTokens() : raised;
    }

    /** The length of a vector; 0 for a reranker and where unknown. */
    public int dimensions() {
        if (folder == null || entry.kind() == Kind.RERANK) {
            return entry.dimensions();
        }
        ModelConfig config = folder.config();
        int dimensions = config.intOr("hidden_size", config.intOr("d_model", 0));
        for (SentenceModule module : folder.modules()) {
            dimensions = switch (module) {
                case SentenceModule.Pooling pooling -> dimensions * pooling.modes().size();
                case SentenceModule.Dense dense -> dense.outFeatures();
                default -> dimensions;
            };
        }
        return dimensions;
    }

    /** How much room its files take, in bytes; 0 where they are not here. */
    public long bytes() {
        return files.values().stream().mapToLong(Long::longValue).sum();
    }
}
