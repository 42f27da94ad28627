package ai.tutti.cli;

import static java.util.stream.Collectors.joining;

import ai.tutti.engine.tensor.Precision;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what people write: counts, sizes, switches. What cannot be read is a {@link UsageException} that says where it stands.
 */
final class Values {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*(B|KB|MB|GB|)");
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*(ms|s|m)");
    private static final long MOST_MEMORY = 1L << 50;

    private Values() {}

    /** A whole number from 1 to {@code most}; underscores may part its digits. */
    static long count(Given given, long most) {
        return number(given, 1, most);
    }

    /** A port; 0 lets the system choose. */
    static int port(Given given) {
        return (int) number(given, 0, 65_535);
    }

    private static long number(Given given, long least, long most) {
        try {
            long number = Long.parseLong(given.text().strip().replace("_", ""));
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw given.wrong("a whole number from %d to %d".formatted(least, most));
        }
        throw given.wrong("a whole number from %d to %d".formatted(least, most));
    }

    /** A size that an array may have: {@code 64MB}, {@code 512 KB}, {@code 1000}; a KB is 1,024 bytes. */
    static long bytes(Given given) {
        return bytes(given, 1, Integer.MAX_VALUE, "a size between 1B and 2047MB, such as 64MB");
    }

    /** A size that a machine's memory may have. */
    static long memory(Given given) {
        return bytes(given, 1, MOST_MEMORY, "a size between 1B and 1048576GB, such as 64MB");
    }

    /** A size that a machine's memory may have, or 0. */
    static long memoryOrNone(Given given) {
        return bytes(given, 0, MOST_MEMORY, "a size up to 1048576GB, such as 256MB, or 0");
    }

    private static long bytes(Given given, long least, long most, String form) {
        Matcher matcher = SIZE.matcher(given.text().strip().toUpperCase(Locale.ROOT).replace("IB", "B"));
        if (matcher.matches()) {
            long unit = switch (matcher.group(2)) {
                case "KB" -> 1L << 10;
                case "MB" -> 1L << 20;
                case "GB" -> 1L << 30;
                default -> 1;
            };
            long bytes = Long.parseLong(matcher.group(1)) * unit;
            if (bytes >= least && bytes <= most) {
                return bytes;
            }
        }
        throw given.wrong(form);
    }

    /** A time: {@code 60s}, {@code 500ms}, {@code 2m}, {@code 0s}; at most a day. */
    static Duration time(Given given) {
        Matcher matcher = TIME.matcher(given.text().strip().toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            long count = Long.parseLong(matcher.group(1));
            Duration time =
                    switch (matcher.group(2)) {
                        case "ms" -> Duration.ofMillis(count);
                        case "s" -> Duration.ofSeconds(count);
                        default -> Duration.ofMinutes(count);
                    };
            if (time.compareTo(Duration.ofDays(1)) <= 0) {
                return time;
            }
        }
        throw given.wrong("a time of at most a day, such as 500ms, 60s or 2m");
    }

    /** A time of at least a millisecond. */
    static Duration patience(Given given) {
        Duration time = time(given);
        if (time.isZero()) {
            throw given.wrong("a time of at least 1ms");
        }
        return time;
    }

    /** A URL. */
    static URI url(Given given) {
        try {
            return new URI(given.text().strip());
        } catch (URISyntaxException e) {
            throw given.wrong("a URL, such as http://127.0.0.1:11434/v1");
        }
    }

    /** The arithmetic; null for {@code auto}. */
    static @Nullable Precision precision(Given given) {
        return switch (given.text().strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> null;
            case "f32" -> Precision.F32;
            case "bf16" -> Precision.BF16;
            case "int8" -> Precision.INT8;
            default -> throw given.wrong("one of auto, f32, bf16, int8");
        };
    }

    static boolean bool(Given given) {
        return switch (given.text().strip().toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on", "1" -> true;
            case "false", "no", "off", "0" -> false;
            default -> throw given.wrong("true or false");
        };
    }

    /** One of an enumeration's values, in lower case. */
    static <E extends Enum<E>> E choice(Given given, E[] values) {
        String text = given.text().strip();
        for (E value : values) {
            if (value.name().equalsIgnoreCase(text)) {
                return value;
            }
        }
        throw given.wrong("one of "
                + Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).collect(joining(", ")));
    }

    static Path path(Given given) {
        try {
            return Path.of(given.text());
        } catch (InvalidPathException e) {
            throw given.wrong("a path");
        }
    }
}
