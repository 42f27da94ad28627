package ai.tutti.server;

import ai.tutti.engine.schedule.Deadline;
import ai.tutti.engine.schedule.DeadlineExceededException;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gives a request its deadline: by its header {@code x-tutti-timeout-ms}, else by the server's own setting. The time counts from
 * when the headers were read.
 *
 * @param usual for requests that say nothing; null: as long as it takes
 */
record TimeLimit(@Nullable Duration usual) implements Handler<RoutingContext> {
    static final String HEADER = "x-tutti-timeout-ms";
    static final Duration LONGEST = Duration.ofDays(1);
    private static final String KEY = "tutti.deadline";

    @Override
    public void handle(RoutingContext context) {
        String said = context.request().getHeader(HEADER);
        Duration allowed = said == null ? usual : parse(said);
        if (allowed != null) {
            context.put(KEY, new Deadline(allowed, Timeline.of(context).began() + allowed.toNanos()));
        }
        context.next();
    }

    /** A request's deadline; null where it has none. */
    static @Nullable Deadline of(RoutingContext context) {
        return context.get(KEY);
    }

    /**
     * Lets a request go on whose deadline has not passed.
     *
     * @throws DeadlineExceededException when it has
     */
    static void require(@Nullable Deadline deadline) {
        if (deadline != null && deadline.passed()) {
            throw new DeadlineExceededException(deadline.allowed());
        }
    }

    private static Duration parse(String said) {
        String digits = said.strip();
        if (digits.length() <= 9 && digits.chars().allMatch(digit -> digit >= '0' && digit <= '9') && !digits.isEmpty()) {
            Duration allowed = Duration.ofMillis(Long.parseLong(digits));
            if (allowed.isPositive() && allowed.compareTo(LONGEST) <= 0) {
                return allowed;
            }
        }
        throw Errors.invalid(
                HEADER,
                "the header %s is a whole number of milliseconds from 1 to %d, not \"%s\""
                        .formatted(HEADER, LONGEST.toMillis(), Errors.shorten(said)));
    }
}
