package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

/**
 * A value as somebody wrote it.
 *
 * @param text the value
 * @param origin where it stands, for messages: {@code --port}, {@code TUTTI_PORT}, {@code tutti.yaml: port}
 */
record Given(String text, String origin) {
    Given {
        requireNonNull(text, "text is null");
        requireNonNull(origin, "origin is null");
    }

    UsageException wrong(String whatItShouldBe) {
        return new UsageException("%s: '%s' is not %s".formatted(origin, text, whatItShouldBe));
    }
}
