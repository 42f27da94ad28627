package ai.tutti.cli;

import ai.tutti.cli.rows.Run;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.hub.ModelSpec;
import ai.tutti.search.Embedder;
import ai.tutti.search.InputKind;
import ai.tutti.search.LuceneStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The folder of an index: a {@link LuceneStore}, and beside its files a note of the model that it was made with, so that
 * searching needs no option for it and a model that changed under its name is not taken for the same.
 */
record IndexFolder(Path path) {
    static final String OPTION = "--index";
    static final String USUAL = "tutti-index";

    private static final String NOTE = "tutti.json";
    private static final String MODEL = "model";
    private static final String SERVER = "server";
    private static final String PROBE = "All together now: 1, 2, 3";
    /** Closer than other precisions of one model are to each other, farther than another model ever comes. */
    private static final double SAME = 0.999;

    static IndexFolder of(Args args, Surroundings surroundings) {
        Path given = args.given(OPTION, Values::path, Path.of(USUAL));
        return new IndexFolder(surroundings.folder().resolve(given).toAbsolutePath().normalize());
    }

    boolean exists() {
        return LuceneStore.exists(path);
    }

    /** For commands that need an index. */
    void requireExists() {
        if (!exists()) {
            throw new UsageException("there is no index in %s: tutti index makes one, or %s names another folder".formatted(path, OPTION));
        }
    }

    /**
     * The model of the index, and where it was, unless another was asked for.
     *
     * @throws UsageException when a server made the index and none is named now
     */
    ModelChoice choice(Args args) throws IOException {
        ModelChoice choice = ModelChoice.of(args);
        Note note = note();
        if (note == null || args.has(Setting.MODEL.flag())) {
            return choice;
        }
        if (note.server() != null && choice.server() == null) {
            throw new UsageException("%s was made with %s at a server: add %s %s, or %s %s to compute here".formatted(
                    path, note.model().name(), Options.SERVER, note.server(), Setting.MODEL.flag(), note.model()));
        }
        return choice.of(note.model());
    }

    /** Whether there is a note of the model. */
    boolean isKnown() throws IOException {
        return note() != null;
    }

    /**
     * What an index was made with.
     *
     * @param server null: in the process
     * @param probe the vector of a text that is always the same
     */
    private record Note(ModelSpec model, @Nullable String server, float[] probe) {}

    private @Nullable Note note() throws IOException {
        Path file = path.resolve(NOTE);
        if (!exists() || !Files.exists(file)) {
            return null;
        }
        Run run = Run.read(Files.readAllBytes(file));
        try {
            if (run != null) {
                Map<String, String> settings = run.settings();
                return new Note(ModelSpec.parse(settings.getOrDefault(MODEL, "")), settings.get(SERVER), run.probe());
            }
        } catch (IllegalArgumentException e) {
            // no model's name: as damaged as no JSON
        }
        throw new UsageException("%s is damaged: delete it, and run tutti index with the index's %s again"
                .formatted(file, Setting.MODEL.flag()));
    }

    /** Writes the note down, for a new index. */
    void remember(ModelChoice choice, Embedder embedder) throws IOException, InterruptedException {
        ModelSpec model = choice.spec();
        Path folder = model.folder();
        ModelSpec everywhere = folder == null ? model : model.in(folder.toAbsolutePath().normalize());
        var settings = new LinkedHashMap<>(Map.of(MODEL, everywhere.toString()));
        if (choice.server() != null) {
            settings.put(SERVER, choice.server());
        }
        byte[] note = new Run(settings, null, probe(embedder)).write();
        Files.createDirectories(path);
        Path fresh = path.resolve(NOTE + ".new");
        Files.write(fresh, note);
        Files.move(fresh, path.resolve(NOTE), StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Makes sure that the model gives vectors like those of the index.
     *
     * @throws UsageException when it does not
     */
    void requireSame(Embedder embedder) throws IOException, InterruptedException {
        Note note = note();
        if (note == null) {
            return;
        }
        float[] probe = probe(embedder);
        if (probe.length == note.probe().length && Vectors.cosine(probe, note.probe()) < SAME) {
            throw new UsageException(("%s was made with another model of the name %s, or in another precision: "
                            + "take that one, or index anew in another folder")
                    .formatted(path, embedder.model()));
        }
    }

    private static float[] probe(Embedder embedder) throws InterruptedException {
        return embedder.embed(List.of(PROBE), InputKind.DOCUMENT)[0];
    }
}
