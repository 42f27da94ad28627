package ai.tutti.client;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * When a request is sent again, and how soon; the rules of the official SDKs. Connection failures, timeouts and the statuses
 * 408, 409, 429 and 5xx are worth another try, unless {@code x-should-retry} says otherwise. The service's own
 * {@code retry-after-ms} or {@code retry-after} (seconds or a date) is kept to if it is at most a minute; else the pause
 * begins at half a second and doubles up to eight, less up to a quarter by chance, so that clients that failed together do
 * not come back together.
 *
 * @param most how many times a request is sent again
 */
record Retries(int most) {
    private static final Set<Integer> WORTH_IT = Set.of(408, 409, 429);
    private static final Duration LONGEST_ASKED = Duration.ofMinutes(1);
    private static final double FIRST_MILLIS = 500;
    private static final double LONGEST_MILLIS = 8_000;
    private static final double JITTER = 0.25;

    /**
     * How long to wait before the next try.
     *
     * @param tries how many there were
     * @return null: not at all, the fault is final
     */
    @Nullable Duration pause(int tries, TuttiException fault) {
        if (tries > most) {
            return null;
        }
        if (fault instanceof ApiStatusException answered) {
            HttpHeaders headers = answered.headers();
            return isWorthIt(answered.status(), headers) ? pause(tries, headers, Instant.now()) : null;
        }
        return fault instanceof ApiConnectionException ? backoff(tries) : null;
    }

    private static boolean isWorthIt(int status, HttpHeaders headers) {
        String said = headers.firstValue("x-should-retry").orElse("");
        if (said.equals("true") || said.equals("false")) {
            return said.equals("true");
        }
        return WORTH_IT.contains(status) || status >= 500;
    }

    private static Duration pause(int tries, HttpHeaders headers, Instant now) {
        Duration asked = asked(headers, now);
        boolean usable = asked != null && !asked.isNegative() && !asked.isZero() && asked.compareTo(LONGEST_ASKED) <= 0;
        return asked != null && usable ? asked : backoff(tries);
    }

    private static @Nullable Duration asked(HttpHeaders headers, Instant now) {
        Optional<String> millis = headers.firstValue("retry-after-ms");
        if (millis.isPresent()) {
            Duration asked = number(millis.get(), 1);
            if (asked != null) {
                return asked;
            }
        }
        Optional<String> after = headers.firstValue("retry-after");
        if (after.isEmpty()) {
            return null;
        }
        Duration seconds = number(after.get(), 1000);
        return seconds != null ? seconds : untilDate(after.get(), now);
    }

    private static @Nullable Duration number(String text, double millisPerUnit) {
        try {
            return Duration.ofMillis((long) Math.ceil(Double.parseDouble(text.strip()) * millisPerUnit));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Duration untilDate(String text, Instant now) {
        try {
            return Duration.between(now, ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME));
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static Duration backoff(int tries) {
        double millis = Math.min(FIRST_MILLIS * Math.pow(2, tries - 1.0), LONGEST_MILLIS);
        return Duration.ofMillis((long) (millis * (1 - JITTER * ThreadLocalRandom.current().nextDouble())));
    }
}
