package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.hub.CatalogueEntry.RaisedLimit;
import org.jspecify.annotations.Nullable;

/**
 * A model with its folder, ready to load.
 *
 * @param name the name it is served under
 * @param folder its files
 * @param entry what is known about it beyond its files
 */
public record ResolvedModel(String name, ModelFolder folder, CatalogueEntry entry) {
    public ResolvedModel {
        requireNonNull(name, "name is null");
        requireNonNull(folder, "folder is null");
        requireNonNull(entry, "entry is null");
    }

    /** The limit of tokens where the folder states one that is known to be too low; null: as the folder says. */
    public @Nullable Integer raisedTokens() {
        RaisedLimit limit = entry.raisedLimit();
        return limit != null && folder.maxTokens() == limit.stated() ? Math.min(limit.tokens(), folder.positions()) : null;
    }
}
