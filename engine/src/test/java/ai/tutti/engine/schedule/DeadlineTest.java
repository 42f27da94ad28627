package ai.tutti.engine.schedule;

import static ai.tutti.engine.schedule.Fake.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.schedule.Fake.Gate;
import ai.tutti.engine.schedule.Fake.Layers;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of requests whose time is over. */
@Timeout(60)
final class DeadlineTest {
    private static final Terms BULK = Terms.DEFAULT.withLane(Lane.BULK);
    private static final Duration SHORT = Duration.ofMillis(500);

    private final Fake fake = new Fake();

    private static Scheduler scheduler() {
        return new Scheduler(1, 1_000_000, 512, Kernels.instance());
    }

    @Test
    void textsThatWaitFailOnTimeAndGiveTheirRoomBackThoughNoWorkerIsFree() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler();
                var before = scheduler.reserve(gate, BULK, 1)) {
            var running = before.submit(text(1, 1));
            gate.started.await();
            var deadline = Deadline.after(SHORT);
            try (var late = scheduler.reserve(fake, BULK.withDeadline(deadline), 10_000)) {
                var tickets = new ArrayList<Ticket>();
                for (int i = 0; i < 50; i++) {
                    tickets.add(late.submit(text(100 + i, 100)));
                }
                assertThatThrownBy(tickets.getFirst()::await)
                        .isInstanceOf(DeadlineExceededException.class)
                        .hasMessage("The deadline has passed: the request was given 500 ms.");
                assertThat(deadline.remainingNanos()).isNotPositive();
                assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(1, 0, 0, 1));
                for (var ticket : tickets) {
                    assertThatThrownBy(ticket::await).isInstanceOf(DeadlineExceededException.class);
                }
                assertThatThrownBy(late.submit(text(1, 1))::await).isInstanceOf(DeadlineExceededException.class);
            }
            gate.go.countDown();
            assertThat(running.await()).containsExactly(1);
            assertThat(scheduler.statistics()).singleElement().satisfies(one -> assertThat(one.pastDeadline()).isEqualTo(50));
        }
        assertThat(fake.tiles).isEmpty();
    }

    @Test
    void aTextUnderWayFreesItsCoreWithinALayerThoughItsReaderIsElsewhere() throws Exception {
        var layers = new Layers();
        try (var scheduler = scheduler();
                var other = scheduler.reserve(fake, BULK, 1)) {
            var deadline = Deadline.after(SHORT);
            try (var late = scheduler.reserve(layers, BULK.withDeadline(deadline), 1_000)) {
                var ticket = late.submit(text(1, 1_000));
                layers.third.await();
                while (!deadline.passed()) {
                    Thread.onSpinWait();
                }
                layers.go.countDown();
                assertThat(other.submit(text(7, 1)).await()).containsExactly(7);
                assertThat(layers.passed).isEqualTo(3);
                assertThatThrownBy(ticket::await).isInstanceOf(DeadlineExceededException.class);
            }
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void whatWasComputedInTimeComesOutAndARequestThatComesTooLateIsRefused() throws Exception {
        try (var scheduler = scheduler()) {
            var deadline = Deadline.after(SHORT);
            try (var room = scheduler.reserve(fake, BULK.withDeadline(deadline), 1)) {
                var ticket = room.submit(text(3, 1));
                while (scheduler.load().reservedTokens() > 0) {
                    Thread.onSpinWait();
                }
                while (!deadline.passed()) {
                    Thread.onSpinWait();
                }
                assertThat(ticket.await()).containsExactly(3);
            }
            assertThatThrownBy(() -> scheduler.reserve(fake, BULK.withDeadline(deadline), 1))
                    .isInstanceOf(DeadlineExceededException.class);
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void anotherWhoWaitsForTheSameTextGetsIt() throws Exception {
        var layers = new Layers();
        try (var scheduler = scheduler();
                var late = scheduler.reserve(layers, BULK.withDeadline(Deadline.after(SHORT)), 100);
                var patient = scheduler.reserve(layers, BULK, 100)) {
            var first = late.submit(text(1, 100));
            layers.third.await();
            var second = patient.submit(text(1, 100));
            assertThatThrownBy(first::await).isInstanceOf(DeadlineExceededException.class);
            layers.go.countDown();
            assertThat(second.await()).containsExactly(1);
            assertThat(layers.passed).isEqualTo(Layers.COUNT);
        }
    }

    @Test
    void longTimesAndPastOnesAreTimesToo() {
        assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).passed()).isFalse();
        assertThat(Deadline.after(Duration.ofSeconds(-1)).passed()).isTrue();
    }
}
