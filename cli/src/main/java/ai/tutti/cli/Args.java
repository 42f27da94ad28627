package ai.tutti.cli;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParseResult;

/** What was given to a command. */
record Args(ParseResult parsed) {
    boolean has(String option) {
        return parsed.hasMatchedOption(option);
    }

    /** An option's value; null when it was not given. */
    @Nullable Given given(String option) {
        return has(option) ? new Given(parsed.matchedOption(option).originalStringValues().getLast(), option) : null;
    }

    /** An option's value as it is read; null when it was not given. */
    <T> @Nullable T given(String option, Function<Given, T> reading) {
        Given given = given(option);
        return given == null ? null : reading.apply(given);
    }

    <T> T given(String option, Function<Given, T> reading, T otherwise) {
        Given given = given(option);
        return given == null ? otherwise : reading.apply(given);
    }

    /** All values of an option. */
    List<Given> all(String option) {
        return has(option)
                ? parsed.matchedOption(option).originalStringValues().stream().map(text -> new Given(text, option)).toList()
                : List.of();
    }

    /** The arguments that are no options. */
    List<String> texts() {
        return parsed.hasMatchedPositional(0) ? parsed.matchedPositional(0).originalStringValues() : List.of();
    }
}
