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

    /** The model that the index was made with; null when there is none yet. */
    @Nullable ModelSpec model() throws IOException {
        Run note = note();
        return note == null ? null : ModelSpec.parse(note.settings().getOrDefault(MODEL, ""));
    }

    private @Nullable Run note() throws IOException {
        Path note = path.resolve(NOTE);
        return exists() && Files.exists(note) ? Run.read(Files.readAllBytes(note)) : null;
    }

    /** Writes the note down, for a new index. */
    void remember(ModelSpec model, Embedder embedder) throws IOException, InterruptedException {
        Path folder = model.folder();
        ModelSpec everywhere = folder == null ? model : model.in(folder.toAbsolutePath().normalize());
        byte[] note = new Run(Map.of(MODEL, everywhere.toString()), null, probe(embedder)).write();
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
        Run note = note();
        if (note == null) {
            return;
        }
        float[] probe = probe(embedder);
        if (probe.length == note.probe().length && Vectors.cosine(probe, note.probe()) < SAME) {
            throw new UsageException("%s was made with another model of the name %s: take that one, or index anew in another folder"
                    .formatted(path, embedder.model()));
        }
    }

    private static float[] probe(Embedder embedder) throws InterruptedException {
        return embedder.embed(List.of(PROBE), InputKind.DOCUMENT)[0];
    }
}
