package ai.tutti.cli;

import ai.tutti.cli.rows.RowFormat;
import ai.tutti.cli.rows.RowInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a command's texts come from: its arguments, a file, or standard input. */
final class Inputs {
    private static final String STANDARD = "-";

    private Inputs() {}

    /**
     * What was chosen; standard input when nothing was.
     *
     * @param texts the arguments that are texts
     * @throws UsageException when two were chosen, or nobody would write to standard input
     */
    static RowInput of(Args args, List<String> texts, Surroundings surroundings) {
        String field = args.given(Options.FIELD, Given::text, "text");
        Given file = args.given(Options.INPUT);
        RowFormat format = args.given(Options.FROM, given -> Values.choice(given, RowFormat.values()));
        if (!texts.isEmpty()) {
            if (file != null) {
                throw new UsageException("give texts as arguments or by %s, not both".formatted(Options.INPUT));
            }
            return new RowInput.Texts(texts, field);
        }
        if (file != null && !file.text().equals(STANDARD)) {
            return file(file, format, field);
        }
        if (file == null && Terminal.typesInput()) {
            throw new UsageException("no texts: give them as arguments, by %s FILE, or on standard input".formatted(Options.INPUT));
        }
        return standard(surroundings.in(), format, field);
    }

    private static RowInput file(Given file, @Nullable RowFormat format, String field) {
        Path path = Values.path(file);
        RowFormat known = format == null ? RowFormat.of(path) : format;
        if (known == null) {
            throw new UsageException("%s: the name '%s' tells no format; %s names it: %s"
                    .formatted(file.origin(), file.text(), Options.FROM, words()));
        }
        return new RowInput.File(path, known, field);
    }

    private static RowInput standard(InputStream in, @Nullable RowFormat format, String field) {
        var ahead = new BufferedInputStream(in);
        if (format == null && begins(ahead, '{')) {
            throw new UsageException("standard input looks like JSON: say %s jsonl, or %s text for plain lines"
                    .formatted(Options.FROM, Options.FROM));
        }
        return new RowInput.Stream(ahead, "standard input", format == null ? RowFormat.TEXT : format, field);
    }

    private static boolean begins(BufferedInputStream in, char with) {
        try {
            in.mark(1);
            int first = in.read();
            in.reset();
            return first == with;
        } catch (IOException e) {
            throw new UncheckedIOException("standard input cannot be read", e);
        }
    }

    private static String words() {
        return String.join(", ", Arrays.stream(RowFormat.values()).map(RowFormat::word).toList());
    }
}
