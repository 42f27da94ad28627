package ai.tutti.engine.schedule;

import static ai.tutti.engine.schedule.Fake.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.schedule.Fake.Gate;
import ai.tutti.engine.schedule.Fake.Layers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scheduler with real workers; the model is replaced by a function, since only the order matters here. */
@Timeout(60)
final class SchedulerTest {
    private static final Terms BULK = Terms.DEFAULT.withLane(Lane.BULK);
    private static final Terms INTERACTIVE = Terms.DEFAULT.withLane(Lane.INTERACTIVE);

    private final Fake fake = new Fake();

    private static Scheduler scheduler(int workers) {
        return new Scheduler(workers, 1_000_000, 512, Kernels.instance());
    }

    @Test
    void everyTextGetsItsOwnResult() throws Exception {
        try (var scheduler = scheduler(2);
                var room = scheduler.reserve(fake, BULK, 50_000)) {
            var tickets = new ArrayList<Ticket>();
            for (int i = 0; i < 5_000; i++) {
                tickets.add(room.submit(text(i, 1 + i % 10)));
            }
            for (int i = 0; i < tickets.size(); i++) {
                assertThat(tickets.get(i).await()).containsExactly(i);
            }
            assertThat(scheduler.load().queuedTexts()).isZero();
        }
    }

    @Test
    void tilesAreBoundedInTokensAndALongTextRunsAlone() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(gate, BULK, 100_000)) {
            var first = room.submit(text(0, 1));
            gate.started.await();
            var others = new ArrayList<Ticket>();
            for (int length : new int[] {300, 200, 100, 5_000, 512, 1}) {
                others.add(room.submit(text(length, length)));
            }
            gate.go.countDown();
            first.await();
            for (var other : others) {
                other.await();
            }
        }
        assertThat(gate.tiles)
                .containsExactly(List.of(0), List.of(300, 200), List.of(100), List.of(5_000), List.of(512), List.of(1));
    }

    @Test
    void aFullQueueRefusesWithATimeAndTakesAgainWhenItHasRoom() throws Exception {
        var gate = new Gate();
        try (var scheduler = new Scheduler(1, 100, 512, Kernels.instance())) {
            try (var room = scheduler.reserve(gate, BULK, 60)) {
                var running = room.submit(text(1, 60));
                assertThatThrownBy(() -> scheduler.reserve(fake, BULK, 60))
                        .isInstanceOfSatisfying(QueueFullException.class, full -> {
                            assertThat(full.retryAfter()).isBetween(Duration.ofMillis(100), Duration.ofMinutes(1));
                            assertThat(full).hasMessageContaining("60 tokens").hasMessageContaining("100");
                        });
                var probe = scheduler.probe(fake, text(7, 3));
                gate.go.countDown();
                assertThat(probe.await(Duration.ofSeconds(10).toNanos())).containsExactly(7);
                running.await();
            }
            try (var room = scheduler.reserve(fake, BULK, 1_000)) {
                assertThat(room.submit(text(2, 1_000)).await()).containsExactly(2);
            }
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void aTextAtFaultFailsAloneAndTheWorkerGoesOn() throws Exception {
        var passes = new AtomicInteger();
        var touchy = new Fake() {
            @Override
            public float[][] run(Worker worker, Tile tile) {
                passes.incrementAndGet();
                for (int id : tile.ids()) {
                    if (id == 13) {
                        throw new IllegalStateException("thirteen");
                    }
                }
                return super.run(worker, tile);
            }
        };
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(touchy, BULK, 1_000)) {
            var tickets = new ArrayList<Ticket>();
            for (int i = 10; i < 20; i++) {
                tickets.add(room.submit(text(i, 2)));
            }
            for (int i = 10; i < 20; i++) {
                var ticket = tickets.get(i - 10);
                if (i == 13) {
                    assertThatThrownBy(ticket::await).hasMessage("thirteen");
                } else {
                    assertThat(ticket.await()).containsExactly(i);
                }
            }
            assertThat(passes.get()).isGreaterThan(1);
            assertThat(room.submit(text(5, 1)).await()).containsExactly(5);
        }
    }

    @Test
    void cancelledTextsAreNotComputedAndGiveTheirRoomBackAtOnce() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var first = scheduler.reserve(gate, BULK, 1)) {
            var running = first.submit(text(1, 1));
            gate.started.await();
            try (var room = scheduler.reserve(gate, BULK, 100_000)) {
                for (int i = 0; i < 100; i++) {
                    room.submit(text(100 + i, 100)).cancel();
                }
                assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(90_001, 0, 0, 1));
                for (int i = 0; i < 100; i++) {
                    room.submit(text(200 + i, 100));
                }
            }
            assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(1, 0, 0, 1));
            gate.go.countDown();
            running.await();
            try (var room = scheduler.reserve(gate, BULK, 1)) {
                room.submit(text(3, 1)).await();
            }
            assertThat(gate.order()).containsExactly(1, 3);
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void interactiveTextsGoBeforeBulkWhichStillMovesOn() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var bulk = scheduler.reserve(gate, BULK, 10_000);
                var interactive = scheduler.reserve(gate, INTERACTIVE, 10_000)) {
            var all = new ArrayList<Ticket>();
            all.add(interactive.submit(text(1, 1)));
            gate.started.await();
            for (int i = 0; i < 3; i++) {
                all.add(bulk.submit(text(10 + i, 512)));
            }
            for (int i = 0; i < 12; i++) {
                all.add(interactive.submit(text(20 + i, 512)));
            }
            gate.go.countDown();
            for (var ticket : all) {
                ticket.await();
            }
        }
        assertThat(gate.order())
                .as("at most four interactive tokens for one of bulk work, and four tiles more")
                .containsExactly(1, 20, 21, 22, 23, 24, 25, 26, 27, 10, 28, 29, 30, 31, 11, 12);
    }

    @Test
    void bulkWorkThatFillsItsLaneRefusesNoQuery() throws Exception {
        var gate = new Gate();
        try (var scheduler = new Scheduler(1, 100, 512, Kernels.instance());
                var bulk = scheduler.reserve(gate, BULK, 100)) {
            bulk.submit(text(1, 100));
            gate.started.await();
            assertThatThrownBy(() -> scheduler.reserve(fake, BULK, 1)).isInstanceOf(QueueFullException.class);
            try (var query = scheduler.reserve(fake, INTERACTIVE, 10)) {
                var ticket = query.submit(text(2, 10));
                gate.go.countDown();
                assertThat(ticket.await()).containsExactly(2);
            }
        }
    }

    @Test
    void oneModelsTextsFailAndTheOthersGoOn() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1)) {
            try (var room = scheduler.reserve(gate, BULK, 1_000);
                    var others = scheduler.reserve(fake, BULK, 200)) {
                var running = room.submit(text(1, 400));
                gate.started.await();
                var waiting = room.submit(text(2, 400));
                var other = others.submit(text(3, 200));
                scheduler.fail(gate, "gone");
                scheduler.fail(gate, "gone");
                assertThatThrownBy(waiting::await).hasMessage("gone");
                gate.go.countDown();
                assertThat(running.await()).containsExactly(1);
                assertThat(other.await()).containsExactly(3);
            }
            assertThat(scheduler.load().reservedTokens()).isZero();
            assertThat(scheduler.load().queuedTokens()).isZero();
        }
    }

    @Test
    void closingFailsWhatWaits() throws Exception {
        var gate = new Gate();
        var scheduler = scheduler(1);
        try (var room = scheduler.reserve(gate, BULK, 1_000)) {
            var running = room.submit(text(1, 500));
            gate.started.await();
            var waiting = room.submit(text(2, 300));
            var closing = Thread.ofVirtual().start(scheduler::close);
            while (true) { // until it has begun to close
                try {
                    scheduler.reserve(fake, BULK, 0).close();
                } catch (IllegalStateException e) {
                    break;
                }
            }
            gate.go.countDown();
            closing.join();
            assertThat(running.await()).containsExactly(1);
            assertThatThrownBy(waiting::await).hasMessage("the engine is closed");
            assertThatThrownBy(() -> room.submit(text(3, 100))).hasMessage("the engine is closed");
        }
        assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(0, 0, 0, 0));
        assertThatThrownBy(() -> scheduler.reserve(fake, BULK, 1)).hasMessage("the engine is closed");
    }

    @Test
    void aLongTextThatNobodyWaitsForFreesItsCoreWithinALayer() throws Exception {
        var layers = new Layers();
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(layers, BULK, 32_768);
                var other = scheduler.reserve(fake, BULK, 1)) {
            var given = room.submit(text(1, 32_768));
            layers.third.await();
            given.cancel();
            assertThat(scheduler.load().reservedTokens()).isEqualTo(1);
            layers.go.countDown();
            assertThat(other.submit(text(7, 1)).await()).containsExactly(7);
            assertThat(layers.passed).as("left where the fourth would have begun").isEqualTo(3);
        }
    }

    @Test
    void aTileThatSomebodyStillWaitsForIsComputedToItsEnd() throws Exception {
        var layers = new Layers();
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var before = scheduler.reserve(gate, BULK, 1);
                var room = scheduler.reserve(layers, BULK, 100)) {
            before.submit(text(0, 1));
            gate.started.await();
            var gone = room.submit(text(1, 10));
            var waiting = room.submit(text(2, 10));
            gate.go.countDown();
            layers.third.await();
            gone.cancel();
            layers.go.countDown();
            assertThat(waiting.await()).containsExactly(2);
            assertThat(layers.passed).isEqualTo(Layers.COUNT);
        }
    }

    @Test
    void aQueryIsComputedBetweenTwoLayersOfBulkWork() throws Exception {
        var layers = new Layers();
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(layers, BULK, 8_192);
                var query = scheduler.reserve(fake, INTERACTIVE, 10)) {
            var bulk = room.submit(text(1, 8_192));
            layers.third.await();
            var first = query.submit(text(7, 4));
            var second = scheduler.probe(fake, text(8, 4));
            layers.go.countDown();
            assertThat(first.await()).containsExactly(7);
            assertThat(second.await()).containsExactly(8);
            assertThat(bulk.await()).containsExactly(1);
        }
        assertThat(fake.order()).containsExactly(8, 7);
    }

    @Test
    void bulkWorkIsNotPausedForever() throws Exception {
        var layers = new Layers(fake.tiles);
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(layers, BULK, 512);
                var queries = scheduler.reserve(fake, INTERACTIVE, 100 * 512)) {
            var bulk = room.submit(text(1, 512));
            layers.third.await();
            var tickets = new ArrayList<Ticket>();
            for (int i = 0; i < 100; i++) {
                tickets.add(queries.submit(text(100 + i, 512)));
            }
            layers.go.countDown();
            bulk.await();
            for (var ticket : tickets) {
                ticket.await();
            }
        }
        assertThat(fake.order().indexOf(1)).as("tiles of queries before a tile of bulk work").isEqualTo(8);
    }

    @Test
    void aTileTakesTextsOfSeveralRequestsAndCallersOfOneModel() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var before = scheduler.reserve(gate, BULK, 1);
                var one = scheduler.reserve(fake, BULK.withCaller("one"), 200);
                var other = scheduler.reserve(fake, BULK.withCaller("other"), 200)) {
            before.submit(text(0, 1));
            gate.started.await();
            var tickets = List.of(one.submit(text(1, 100)), one.submit(text(2, 100)), other.submit(text(3, 100)));
            gate.go.countDown();
            for (var ticket : tickets) {
                ticket.await();
            }
        }
        assertThat(fake.tiles).containsExactly(List.of(1, 3, 2));
    }

    @Test
    void whatHappenedIsCounted() throws Exception {
        var gate = new Gate();
        try (var scheduler = scheduler(1);
                var room = scheduler.reserve(gate, BULK, 1_000)) {
            var first = room.submit(text(1, 100));
            gate.started.await();
            var others = List.of(room.submit(text(2, 300)), room.submit(text(3, 200)), room.submit(text(2, 300)));
            var gone = room.submit(text(4, 50));
            gone.cancel();
            gate.go.countDown();
            first.await();
            for (var other : others) {
                other.await();
            }
            var counted = scheduler.statistics().getFirst();
            assertThat(counted)
                    .isEqualTo(new LaneStatistics(
                            "fake", Lane.BULK, 3, 600, 2, 1_024, counted.queueNanos(), counted.computeNanos(), 1, 0, 1, 0, 0));
            assertThat(counted.queueNanos()).isPositive();
            assertThat(counted.computeNanos()).isPositive();
            var timings = room.timings();
            assertThat(timings.sharedTexts()).isEqualTo(1);
            assertThat(timings.computing().toNanos()).isGreaterThanOrEqualTo(counted.computeNanos());
            assertThat(room.timings()).as("the clock stands when nothing is waited for").isEqualTo(timings);
        }
    }
}
