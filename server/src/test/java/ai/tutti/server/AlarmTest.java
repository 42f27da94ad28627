package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.schedule.Deadline;
import ai.tutti.engine.schedule.DeadlineExceededException;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What an interrupt at a deadline leaves behind. */
final class AlarmTest {
    private static final Vertx VERTX = Vertx.vertx();

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    @Test
    void waitingEndsAtTheDeadline() {
        CountDownLatch never = new CountDownLatch(1);
        assertThatThrownBy(() -> within(() -> false, () -> {
                    never.await();
                    return "";
                }))
                .isInstanceOf(DeadlineExceededException.class);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void workThatEndsInSpiteOfTheAlarmCountsAndTheThreadGoesOn() throws InterruptedException {
        assertThat(within(() -> false, AlarmTest::untilInterrupted)).isEqualTo("done");
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void aClientThatHasHungUpMeanwhileIsNotForgotten() throws InterruptedException {
        assertThat(within(() -> true, AlarmTest::untilInterrupted)).isEqualTo("done");
        assertThat(Thread.interrupted()).isTrue();
    }

    private static String within(BooleanSupplier gone, Alarm.Work<String> work) throws InterruptedException {
        Duration soon = Duration.ofMillis(50);
        return Alarm.within(VERTX, new Deadline(soon, System.nanoTime() + soon.toNanos()), gone, work);
    }

    private static String untilInterrupted() {
        while (!Thread.currentThread().isInterrupted()) {
            Thread.onSpinWait();
        }
        return "done";
    }
}
