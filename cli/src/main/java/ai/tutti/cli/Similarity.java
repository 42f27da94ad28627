package ai.tutti.cli;

import ai.tutti.cli.rows.Row;
import ai.tutti.engine.nn.Vectors;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tutti similarity}: how close texts are, as the cosine of their vectors. */
final class Similarity {
    private static final String MATRIX = "--matrix";

    private final Surroundings surroundings;

    Similarity(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    static CommandSpec describe(CommandSpec command) {
        command.addPositional(Options.arguments("TEXT", "0..*", "Texts (default: --input, else standard input)."));
        Options.addInput(command);
        command.addOption(Options.flag(MATRIX, "Compare each text with each other (default: the first with the others)."))
                .addOption(Options.json());
        Options.addEmbedding(command);
        command.addOption(Options.verbose());
        command.usageMessage().description("Says how close texts are: the cosine of their vectors, from -1 to 1.%n");
        return command;
    }

    void run(Args args) throws IOException, InterruptedException {
        Embedding embedding = Embedding.of(args);
        List<Row> rows = Rows.all(Inputs.of(args, args.texts(), surroundings));
        if (rows.size() < 2) {
            throw new UsageException("two texts or more are compared, and there %s".formatted(rows.isEmpty() ? "is none" : "is one"));
        }
        List<String> texts = rows.stream().map(Row::text).toList();
        String model;
        float[][] vectors;
        try (TextVectors source = embedding.open(surroundings)) {
            model = source.model();
            vectors = source.embed(texts, text -> rows.get(text).place()).vectors();
        }
        boolean json = args.has(Options.JSON) || !Terminal.showsOutput();
        if (args.has(MATRIX)) {
            matrix(model, texts, vectors, json);
        } else {
            first(model, texts, vectors, json);
        }
    }

    private void first(String model, List<String> texts, float[][] vectors, boolean json) {
        if (json) {
            var others = new ArrayList<>();
            for (int i = 1; i < vectors.length; i++) {
                var other = new LinkedHashMap<String, Object>();
                other.put("text", texts.get(i));
                other.put("similarity", Vectors.cosine(vectors[0], vectors[i]));
                others.add(other);
            }
            var answer = new LinkedHashMap<String, Object>();
            answer.put("model", model);
            answer.put("text", texts.getFirst());
            answer.put("similarities", others);
            Rows.print(surroundings.out(), answer);
            return;
        }
        PrintStream out = surroundings.out();
        int columns = Terminal.columns();
        out.println(Terminal.ansi().string("@|bold " + " ".repeat(9) + "|@") + Display.clip(texts.getFirst(), columns - 10));
        for (int i = 1; i < vectors.length; i++) {
            out.println("%s  %s".formatted(Display.score(Vectors.cosine(vectors[0], vectors[i])), Display.clip(texts.get(i), columns - 10)));
        }
    }

    private void matrix(String model, List<String> texts, float[][] vectors, boolean json) {
        int count = vectors.length;
        var cosines = new double[count][count];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                cosines[i][j] = Vectors.cosine(vectors[i], vectors[j]);
            }
        }
        if (json) {
            var answer = new LinkedHashMap<String, Object>();
            answer.put("model", model);
            answer.put("texts", texts);
            answer.put("similarities", cosines);
            Rows.print(surroundings.out(), answer);
            return;
        }
        PrintStream out = surroundings.out();
        int digits = String.valueOf(count).length();
        int room = Math.max(10, Terminal.columns() - 8 * count - digits - 4);
        var head = new StringBuilder(" ".repeat(digits + 2));
        for (int j = 0; j < count; j++) {
            head.append(String.format(Locale.ROOT, "%8d", j + 1));
        }
        out.println(head);
        for (int i = 0; i < count; i++) {
            var line = new StringBuilder(String.format(Locale.ROOT, "%" + digits + "d  ", i + 1));
            for (double cosine : cosines[i]) {
                line.append(' ').append(Display.score(cosine));
            }
            out.println(line.append("  ").append(Display.clip(texts.get(i), room)));
        }
    }
}
