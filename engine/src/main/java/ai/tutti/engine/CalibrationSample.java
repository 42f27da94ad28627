package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The texts that show what comes into a model's layers, where int8 has to know: prose, questions, code, tables, log lines, other
 * languages, written for this purpose. {@code calibration.txt} has them, an empty line between two.
 */
final class CalibrationSample {
    private static final String RESOURCE = "calibration.txt";

    private CalibrationSample() {}

    /** The sample in a model's tokens, each text cut to so many. */
    static Tile tile(Tokenizer tokenizer, int mostTokens) {
        return Tile.of(Arrays.stream(text().split("\n\n"))
                .map(text -> tokenizer.truncate(tokenizer.encode(text.strip()), mostTokens, Truncation.END))
                .filter(ids -> ids.length > 0)
                .map(ids -> new Tokens(ids))
                .toList());
    }

    private static String text() {
        try (var resource = requireNonNull(CalibrationSample.class.getResourceAsStream(RESOURCE), RESOURCE + " is missing")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
