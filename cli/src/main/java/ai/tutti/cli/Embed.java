package ai.tutti.cli;

import ai.tutti.cli.rows.ParquetOutput;
import ai.tutti.cli.rows.PeekReader;
import ai.tutti.cli.rows.RowFile;
import ai.tutti.cli.rows.RowFormat;
import ai.tutti.cli.rows.RowInput;
import ai.tutti.cli.rows.RowOutput;
import ai.tutti.cli.rows.Run;
import ai.tutti.cli.rows.StreamOutput;
import ai.tutti.client.ApiInterruptedException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti embed}: texts to vectors, from arguments, a file or standard input, to a file or standard output. */
final class Embed {
    private static final String OUTPUT = "--output";
    private static final String TO = "--to";
    private static final String EMBEDDING_FIELD = "--embedding-field";
    private static final String OVERWRITE = "--overwrite";

    /** The text by which a model is known again: letters, digits, signs, another script. */
    private static final String PROBE = "All together now: 1, 2, 3 – тутти!";

    /** Where the system has it, a name of whatever file a shell has put there. */
    private static final Path STANDARD_INPUT = Path.of("/dev/stdin");

    private final Surroundings surroundings;

    Embed(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("TEXT", "0..*", "Texts to embed (default: --input, else standard input)."));
        Options.addInput(command);
        command.addOption(Options.value(OUTPUT, "FILE", "Write to a file: .jsonl, .csv, .tsv, .parquet "
                        + "(default: standard output). A run that broke off goes on where it was."))
                .addOption(Options.value(TO, "FORMAT",
                        "What to write: jsonl, csv, tsv, parquet (default: by the file's name; jsonl on standard output)."))
                .addOption(Options.value(EMBEDDING_FIELD, "NAME", "The vector's field or column (default: embedding)."))
                .addOption(Options.flag(OVERWRITE, "Begin anew, whatever the output file holds."))
                .addOption(Options.json());
        Options.addEmbedding(command);
        command.addOption(Options.verbose());
        command.usageMessage()
                .description("Turns texts into vectors. Whatever else stands beside a text is handed on.%n")
                .footer(
                        "%nWhile a file is being written, FILE.run lies beside it and says which run that is. "
                                + "The same command goes on with it; a run with another input or model is refused.");
        return command;
    }

    /**
     * Where vectors go.
     *
     * @param file null: standard output
     */
    private record Target(@Nullable Path file, RowFormat format, String field, boolean overwrite) {}

    void run(Args args) throws IOException, InterruptedException {
        Embedding embedding = Embedding.of(args);
        Target target = target(args);
        RowInput input = Inputs.of(args, args.texts(), surroundings);
        requireTwoFiles(input, target);
        Path file = target.file();
        if (file == null || target.format() != RowFormat.PARQUET || !(input instanceof RowInput.Stream stream)) {
            run(args, embedding, target, input);
            return;
        }
        // For Parquet the input is read twice, so what comes but once is kept beside the output meanwhile.
        Path kept = Files.createTempFile(file.toAbsolutePath().getParent(), file.getFileName() + ".", ".input");
        kept.toFile().deleteOnExit();
        try {
            Files.copy(stream.in(), kept, StandardCopyOption.REPLACE_EXISTING);
            run(args, embedding, target, new RowInput.File(kept, stream.format(), stream.field()));
        } finally {
            Files.deleteIfExists(kept);
        }
    }

    private static void requireTwoFiles(RowInput input, Target target) throws IOException {
        Path output = target.file();
        Path read = switch (input) {
            case RowInput.Texts texts -> null;
            case RowInput.File file -> file.path();
            case RowInput.Stream stream -> STANDARD_INPUT;
        };
        if (read != null
                && output != null
                && Files.isRegularFile(output)
                && Files.exists(read)
                && Files.isSameFile(read, output)) {
            throw new UsageException("%s: %s is the input; write to another file".formatted(OUTPUT, output));
        }
    }

    private void run(Args args, Embedding embedding, Target target, RowInput input) throws IOException, InterruptedException {
        RowInput.@Nullable Survey survey =
                target.file() != null || Terminal.showsErrors() ? input.survey() : null;
        try (TextVectors vectors = embedding.open(surroundings);
                PeekReader rows = new PeekReader(input.open())) {
            if (target.file() == null || isDevice(target)) {
                stream(args, vectors, rows, target, survey);
            } else {
                String digest = survey == null ? null : survey.digest();
                var run = new Run(settings(embedding, vectors, target, input), digest, probe(vectors));
                try (RowOutput output = open(target, target.file(), run, input, rows)) {
                    long expected = survey == null ? 0 : survey.rows();
                    var bar = new EmbedBar(surroundings.err(), Terminal.showsErrors(), expected, output.present());
                    try {
                        embed(embedding, vectors, rows, output, bar);
                        bar.finish(target.file());
                    } catch (InterruptedException | ClosedByInterruptException | ApiInterruptedException e) {
                        bar.interrupted(target.file());
                        throw e;
                    }
                }
            }
        }
    }

    private static RowOutput open(Target target, Path file, Run run, RowInput input, PeekReader rows) throws IOException {
        return target.format() == RowFormat.PARQUET
                ? ParquetOutput.open(file, target.field(), run, input, rows, target.overwrite())
                : RowFile.open(file, target.format(), target.field(), run, rows, target.overwrite());
    }

    private void stream(Args args, TextVectors vectors, PeekReader rows, Target target, RowInput.@Nullable Survey survey)
            throws IOException, InterruptedException {
        boolean people = target.file() == null && Terminal.showsOutput() && !args.has(Options.JSON) && !args.has(TO);
        var bar = new EmbedBar(
                surroundings.err(), Terminal.showsErrors() && !Terminal.showsOutput(), survey == null ? 0 : survey.rows(), 0);
        try (PrintStream file = target.file() == null ? null : new PrintStream(new FileOutputStream(target.file().toFile()))) {
            PrintStream out = file == null ? surroundings.out() : file;
            RowOutput output = people
                    ? new TableOutput(out, Terminal.columns())
                    : new StreamOutput(out, target.format(), target.field());
            if (people) {
                out.println("%s, %s".formatted(vectors.model(), vectors.how()));
            }
            embed(Embedding.of(args), vectors, rows, output, bar);
            bar.finish(null);
        }
    }

    private static void embed(Embedding embedding, TextVectors vectors, PeekReader rows, RowOutput output, EmbedBar bar)
            throws IOException, InterruptedException {
        int underWay = embedding.choice().server() == null ? 2 * embedding.choice().threads() + 2 : 4;
        try (var pipeline = new EmbedPipeline(vectors, output, bar, underWay)) {
            pipeline.run(rows);
        }
        output.finish();
    }

    private static Map<String, String> settings(Embedding embedding, TextVectors vectors, Target target, RowInput input) {
        Map<String, String> settings = embedding.settings();
        settings.put("arithmetic", embedding.choice().server() == null ? vectors.how() : "a server's");
        settings.put("format", target.format().word());
        settings.put("vector's field", target.field());
        settings.put("text's field", switch (input) {
            case RowInput.Texts texts -> texts.field();
            case RowInput.File file -> file.field();
            case RowInput.Stream stream -> stream.field();
        });
        return settings;
    }

    private static float[] probe(TextVectors vectors) throws InterruptedException {
        return vectors.embed(List.of(PROBE), text -> "the first text").vectors()[0];
    }

    private static Target target(Args args) {
        Path file = args.given(OUTPUT, Values::path);
        RowFormat format = args.given(TO, given -> Values.choice(given, RowFormat.values()));
        RowFormat named = file == null ? RowFormat.JSONL : RowFormat.of(file);
        RowFormat chosen = format == null ? named : format;
        if (chosen == null) {
            throw new UsageException("%s: the name '%s' tells no format; %s names it: jsonl, csv, tsv, parquet"
                    .formatted(OUTPUT, file, TO));
        }
        if (chosen == RowFormat.TEXT) {
            throw new UsageException("%s: vectors are not written as plain text; jsonl, csv, tsv and parquet hold them"
                    .formatted(format == null ? OUTPUT : TO));
        }
        if (chosen == RowFormat.PARQUET && file == null) {
            throw new UsageException("Parquet is written to a file; %s names it".formatted(OUTPUT));
        }
        Path folder = file == null ? null : file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UsageException("%s: there is no folder %s".formatted(OUTPUT, folder));
        }
        if (file != null && Files.isDirectory(file)) {
            throw new UsageException("%s: %s is a folder; give a file's name".formatted(OUTPUT, file));
        }
        return new Target(file, chosen, args.given(EMBEDDING_FIELD, Given::text, "embedding"), args.has(OVERWRITE));
    }

    /** A pipe or the like, which nobody can go on with. */
    private static boolean isDevice(Target target) {
        Path file = target.file();
        return file != null && target.format() != RowFormat.PARQUET && Files.exists(file) && !Files.isRegularFile(file);
    }
}
