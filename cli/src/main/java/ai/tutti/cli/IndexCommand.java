package ai.tutti.cli;

import ai.tutti.cli.files.FileWalk;
import ai.tutti.search.Embedder;
import ai.tutti.search.Indexer;
import ai.tutti.search.LuceneStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti index}: makes files findable by what they mean, or brings that up to date. */
final class IndexCommand {
    private static final int NAMED = 5;

    private final Surroundings surroundings;

    IndexCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("FOLDER|FILE", "1..*",
                "What to index: text of any kind; HTML without its markup."))
                .addOption(Options.value(IndexFolder.OPTION, "FOLDER",
                        "Where the index lies (default: tutti-index in this folder)."))
                .addOption(Options.json());
        Options.addModel(command);
        command.addOption(Options.verbose());
        command.usageMessage()
                .description("Makes files findable for tutti search and tutti ask, or brings the index up to date.%n")
                .footer(
                        "%nChanged files are indexed anew, deleted ones removed, the others left alone. Hidden "
                                + "files and folders are passed over; what is binary or larger than 16 MB is named.");
        return command;
    }

    void run(Args args) throws IOException, InterruptedException {
        IndexFolder index = IndexFolder.of(args, surroundings);
        List<Path> places = args.texts().stream().map(this::place).toList();
        if (!index.exists()) {
            requireThere(places, List.of());
        }
        FileWalk walk = FileWalk.of(places, index.path());
        ModelChoice choice = index.choice(args);
        boolean known = index.isKnown();
        Indexing.Tally tally;
        long count;
        try (var models = new SearchModels(choice, surroundings)) {
            Embedder embedder = models.embedder();
            index.requireSame(embedder);
            try (LuceneStore store = LuceneStore.open(index.path(), embedder.space())) {
                requireThere(places, store.documents());
                if (!known) {
                    index.remember(choice, embedder);
                }
                var line = new ProgressLine(surroundings.err(), Terminal.showsErrors());
                tally = new Indexing(store, new Indexer(embedder, store), line).run(walk);
                count = store.count();
            }
        }
        if (args.has(Options.JSON) || !Terminal.showsOutput()) {
            json(index, tally, count);
        } else {
            say(index, tally, count);
        }
    }

    private Path place(String text) {
        return surroundings.folder().resolve(Values.path(new Given(text, "index"))).toAbsolutePath().normalize();
    }

    /** What is not there may be named only where the index has files of it: it is taken out. */
    private void requireThere(List<Path> places, Collection<String> indexed) {
        for (Path place : places) {
            if (!Files.exists(place) && indexed.stream().noneMatch(file -> Path.of(file).startsWith(place))) {
                throw new UsageException("there is no file or folder " + shown(place));
            }
        }
    }

    private void json(IndexFolder index, Indexing.Tally tally, long count) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("index", index.path().toString());
        answer.put("added", tally.added);
        answer.put("updated", tally.updated);
        answer.put("removed", tally.removed);
        answer.put("unchanged", tally.unchanged);
        answer.put("skipped", skipped(tally));
        answer.put("passages", count);
        Rows.print(surroundings.out(), answer);
    }

    private static List<Map<String, String>> skipped(Indexing.Tally tally) {
        return tally.skipped.entrySet().stream()
                .map(file -> (Map<String, String>)
                        new TreeMap<>(Map.of("path", file.getKey().toString(), "why", file.getValue())))
                .toList();
    }

    private void say(IndexFolder index, Indexing.Tally tally, long count) {
        PrintStream out = surroundings.out();
        out.println("%s: %,d files added, %,d updated, %,d removed, %,d unchanged; %,d passages"
                .formatted(shown(index.path()), tally.added, tally.updated, tally.removed, tally.unchanged, count));
        int named = 0;
        for (Map.Entry<Path, String> file : tally.skipped.entrySet()) {
            if (++named > NAMED) {
                out.println("  and %,d more; --json names them all".formatted(tally.skipped.size() - NAMED));
                break;
            }
            out.println("  skipped: %s (%s)".formatted(Display.clip(shown(file.getKey()), 200), file.getValue()));
        }
    }

    private String shown(Path path) {
        return Found.shown(path, surroundings);
    }
}
