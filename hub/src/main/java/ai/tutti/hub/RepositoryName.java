package ai.tutti.hub;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.util.regex.Pattern;

/**
 * The name of a repository on the hub.
 *
 * @param text {@code ORGANIZATION/NAME}, or {@code NAME} alone for some old ones
 */
record RepositoryName(String text) {
    private static final Pattern NAME = Pattern.compile("(?:\\w[\\w.-]{0,95}/)?\\w[\\w.-]{0,95}");
    private static final Pattern REVISION = Pattern.compile("\\w[\\w.+-]*(?:/\\w[\\w.+-]*)*");

    /**
     * The repository of a model; the catalogue's spelling of its name where it knows it.
     *
     * @throws ModelLoadException when no repository can have that name or no revision that name; one line
     */
    static RepositoryName of(ModelSpec spec) {
        String name = spec.name();
        if (!NAME.matcher(name).matches() || name.contains("--") || name.contains("..")) {
            throw new ModelLoadException("'%s' is not a name on the hub, such as %s: to serve files of this machine under it,"
                            .formatted(name, Hub.BUNDLED)
                    + " name their folder, --model %s=FOLDER".formatted(name));
        }
        String revision = revision(spec);
        if (!REVISION.matcher(revision).matches() || revision.contains("..") || revision.endsWith(".lock")) {
            throw new ModelLoadException("%s: '%s' is not a revision: name a branch, a tag or a commit".formatted(name, revision));
        }
        CatalogueEntry known = Catalogue.find(name);
        return new RepositoryName(known == null ? name : known.name());
    }

    /** The revision that is meant. */
    static String revision(ModelSpec spec) {
        return spec.revision() == null ? CachedRepository.NEWEST : spec.revision();
    }

    @Override
    public String toString() {
        return text;
    }
}
