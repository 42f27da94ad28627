package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;

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
}
