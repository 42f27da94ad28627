package ai.tutti.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scheduler with real workers; the model is replaced by a function, since only the order matters here. */
@Timeout(60)
final class SchedulerTest {
    private static final Terms BULK = Terms.DEFAULT.withLane(Lane.BULK);
    private static final Terms INTERACTIVE = Terms.DEFAULT.withLane(Lane.INTERACTIVE);

    /** Gives each text's first id back. */
    private static final TileRunner FIRST_ID = (worker, tile) -> {
        var results = new float[tile.texts()][];
        for (int i = 0; i < results.length; i++) {
            results[i] = new float[] {tile.ids()[tile.starts()[i]]};
        }
        return results;
    };

    /** Says when a worker has come, and keeps it until it may go on. */
    private record Gate(CountDownLatch started, CountDownLatch go) implements TileRunner {
        Gate() {
            this(new CountDownLatch(1), new CountDownLatch(1));
        }

        @Override
        public float[][] run(Worker worker, Tile tile) {
            started.countDown();
            awaitUninterruptibly(go);
            return FIRST_ID.run(worker, tile);
        }
    }

    @Test
    void everyTextGetsItsOwnResult() throws Exception {
        try (var scheduler = new Scheduler(2, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK, 50_000)) {
            var sequences = new ArrayList<Sequence>();
            for (int i = 0; i < 5_000; i++) {
                sequences.add(room.submit(FIRST_ID, text(i, 1 + i % 10)));
            }
            for (int i = 0; i < sequences.size(); i++) {
                assertThat(Scheduler.await(sequences.get(i))).containsExactly(i);
            }
            assertThat(scheduler.load().queuedTexts()).isZero();
        }
    }

    @Test
    void tilesAreBoundedInTokensAndALongTextRunsAlone() throws Exception {
        var tiles = Collections.synchronizedList(new ArrayList<List<Integer>>());
        var started = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        TileRunner recorder = (worker, tile) -> {
            started.countDown();
            awaitUninterruptibly(go);
            var lengths = new ArrayList<Integer>();
            for (int i = 0; i < tile.texts(); i++) {
                lengths.add(tile.length(i));
            }
            tiles.add(lengths);
            return FIRST_ID.run(worker, tile);
        };
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK, 100_000)) {
            var first = room.submit(recorder, text(0, 1));
            started.await();
            var others = new ArrayList<Sequence>();
            for (int length : new int[] {300, 200, 100, 5_000, 512, 1}) {
                others.add(room.submit(recorder, text(length, length)));
            }
            go.countDown();
            Scheduler.await(first);
            for (var other : others) {
                Scheduler.await(other);
            }
        }
        assertThat(tiles).containsExactly(List.of(1), List.of(300, 200), List.of(100), List.of(5_000), List.of(512), List.of(1));
    }

    @Test
    void aFullQueueRefusesWithATimeAndTakesAgainWhenItHasRoom() throws Exception {
        var go = new CountDownLatch(1);
        TileRunner slow = (worker, tile) -> {
            awaitUninterruptibly(go);
            return FIRST_ID.run(worker, tile);
        };
        try (var scheduler = new Scheduler(1, 100, Kernels.instance())) {
            Sequence running;
            try (var room = scheduler.reserve(BULK, 60)) {
                running = room.submit(slow, text(1, 60));
                assertThatThrownBy(() -> scheduler.reserve(BULK, 60))
                        .isInstanceOfSatisfying(QueueFullException.class, full -> {
                            assertThat(full.retryAfter()).isBetween(Duration.ofMillis(100), Duration.ofMinutes(1));
                            assertThat(full).hasMessageContaining("60 tokens").hasMessageContaining("100");
                        });
                var probe = scheduler.probe(FIRST_ID, text(7, 3));
                go.countDown();
                assertThat(probe.result().get(10, TimeUnit.SECONDS)).containsExactly(7);
            }
            Scheduler.await(running);
            try (var room = scheduler.reserve(BULK, 1_000)) {
                assertThat(Scheduler.await(room.submit(FIRST_ID, text(2, 1_000)))).containsExactly(2);
            }
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void aTextAtFaultFailsAloneAndTheWorkerGoesOn() throws Exception {
        var passes = new AtomicInteger();
        TileRunner touchy = (worker, tile) -> {
            passes.incrementAndGet();
            for (int id : tile.ids()) {
                if (id == 13) {
                    throw new IllegalStateException("thirteen");
                }
            }
            return FIRST_ID.run(worker, tile);
        };
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK, 1_000)) {
            var sequences = new ArrayList<Sequence>();
            for (int i = 10; i < 20; i++) {
                sequences.add(room.submit(touchy, text(i, 2)));
            }
            for (int i = 10; i < 20; i++) {
                var sequence = sequences.get(i - 10);
                if (i == 13) {
                    assertThatThrownBy(() -> Scheduler.await(sequence)).hasMessage("thirteen");
                } else {
                    assertThat(Scheduler.await(sequence)).containsExactly(i);
                }
            }
            assertThat(passes.get()).isGreaterThan(1);
            assertThat(Scheduler.await(room.submit(FIRST_ID, text(5, 1)))).containsExactly(5);
        }
    }

    @Test
    void cancelledTextsAreNotComputedAndGiveTheirRoomBack() throws Exception {
        var started = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var computed = new AtomicInteger();
        TileRunner counting = (worker, tile) -> {
            started.countDown();
            awaitUninterruptibly(go);
            computed.addAndGet(tile.texts());
            return FIRST_ID.run(worker, tile);
        };
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance())) {
            try (var room = scheduler.reserve(BULK, 100_000)) {
                room.submit(counting, text(1, 1));
                started.await();
                for (int i = 0; i < 100; i++) {
                    room.submit(counting, text(2, 100)).cancel();
                }
            }
            go.countDown();
            try (var room = scheduler.reserve(BULK, 1)) {
                Scheduler.await(room.submit(counting, text(3, 1)));
            }
            assertThat(computed).hasValue(2);
            assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(0, 0, 0, scheduler.load().busyWorkers()));
        }
    }

    @Test
    void interactiveTextsGoBeforeBulkWhichStillMovesOn() throws Exception {
        var order = Collections.synchronizedList(new ArrayList<Integer>());
        var started = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        TileRunner recorder = (worker, tile) -> {
            started.countDown();
            awaitUninterruptibly(go);
            order.add(tile.ids()[0]);
            return FIRST_ID.run(worker, tile);
        };
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var bulk = scheduler.reserve(BULK, 10_000);
                var interactive = scheduler.reserve(INTERACTIVE, 10_000)) {
            var all = new ArrayList<Sequence>();
            all.add(bulk.submit(recorder, text(1, 1)));
            started.await();
            for (int i = 0; i < 3; i++) {
                all.add(bulk.submit(recorder, text(10 + i, 512)));
            }
            for (int i = 0; i < 6; i++) {
                all.add(interactive.submit(recorder, text(20 + i, 512)));
            }
            go.countDown();
            for (var sequence : all) {
                Scheduler.await(sequence);
            }
        }
        assertThat(order).containsExactly(1, 20, 21, 22, 23, 10, 24, 25, 11, 12);
    }

    @Test
    void bulkWorkThatFillsItsLaneRefusesNoQuery() throws Exception {
        var slow = new Gate();
        try (var scheduler = new Scheduler(1, 100, Kernels.instance());
                var bulk = scheduler.reserve(BULK, 100)) {
            bulk.submit(slow, text(1, 100));
            slow.started.await();
            assertThatThrownBy(() -> scheduler.reserve(BULK, 1)).isInstanceOf(QueueFullException.class);
            try (var query = scheduler.reserve(INTERACTIVE, 10)) {
                var sequence = query.submit(FIRST_ID, text(2, 10));
                slow.go.countDown();
                assertThat(Scheduler.await(sequence)).containsExactly(2);
            }
        }
    }

    @Test
    void oneModelsTextsFailAndTheOthersGoOn() throws Exception {
        var slow = new Gate();
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance())) {
            try (var room = scheduler.reserve(BULK, 1_000)) {
                var running = room.submit(slow, text(1, 400));
                slow.started.await();
                var waiting = room.submit(slow, text(2, 400));
                var other = room.submit(FIRST_ID, text(3, 200));
                scheduler.fail(slow, "gone");
                scheduler.fail(slow, "gone");
                assertThatThrownBy(() -> Scheduler.await(waiting)).hasMessage("gone");
                slow.go.countDown();
                assertThat(Scheduler.await(running)).containsExactly(1);
                assertThat(Scheduler.await(other)).containsExactly(3);
            }
            assertThat(scheduler.load().reservedTokens()).isZero();
            assertThat(scheduler.load().queuedTokens()).isZero();
        }
    }

    @Test
    void closingFailsWhatWaits() throws Exception {
        var slow = new Gate();
        var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
        try (var room = scheduler.reserve(BULK, 1_000)) {
            var running = room.submit(slow, text(1, 500));
            slow.started.await();
            var waiting = room.submit(slow, text(2, 300));
            var closing = Thread.ofVirtual().start(scheduler::close);
            Thread.sleep(50);
            slow.go.countDown();
            closing.join();
            assertThat(Scheduler.await(running)).containsExactly(1);
            assertThatThrownBy(() -> Scheduler.await(waiting)).hasMessage("the engine is closed");
            assertThatThrownBy(() -> room.submit(slow, text(3, 100))).hasMessage("the engine is closed");
        }
        assertThat(scheduler.load()).isEqualTo(new Scheduler.Load(0, 0, 0, 0));
        assertThatThrownBy(() -> scheduler.reserve(BULK, 1)).hasMessage("the engine is closed");
    }

    private static Tokens text(int id, int length) {
        var ids = new int[length];
        java.util.Arrays.fill(ids, id);
        return new Tokens(ids);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aLongTextThatNobodyWaitsForFreesItsCoreWithinALayer() throws Exception {
        var layers = new Layers();
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK, 32_769)) {
            var given = room.submit(layers, text(1, 32_768));
            layers.third.await();
            given.cancel();
            layers.go.countDown();
            assertThat(Scheduler.await(room.submit(FIRST_ID, text(7, 1)))).containsExactly(7);
            assertThat(layers.passed).as("left where the fourth would have begun").hasValue(3);
            assertThat(scheduler.load().reservedTokens()).isZero();
        }
    }

    @Test
    void aTileThatSomebodyStillWaitsForIsComputedToItsEnd() throws Exception {
        var layers = new Layers();
        var gate = new Gate();
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK, 100)) {
            room.submit(gate, text(0, 1));
            gate.started.await();
            var gone = room.submit(layers, text(1, 10));
            var waiting = room.submit(layers, text(2, 10));
            gate.go.countDown();
            layers.third.await();
            gone.cancel();
            layers.go.countDown();
            assertThat(Scheduler.await(waiting)).containsExactly(2);
            assertThat(layers.passed).hasValue(Layers.COUNT);
        }
    }

    @Test
    void aRequestPastItsDeadlineFailsThoughItsTextsHaveNotStarted() throws Exception {
        var gate = new Gate();
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance())) {
            try (var room = scheduler.reserve(BULK, 1)) {
                var running = room.submit(gate, text(1, 1));
                gate.started.await();
                var deadline = Deadline.after(Duration.ofMillis(20));
                try (var late = scheduler.reserve(BULK.withDeadline(deadline), 10)) {
                    var waiting = late.submit(FIRST_ID, text(2, 10));
                    assertThatThrownBy(() -> Scheduler.await(waiting))
                            .isInstanceOf(DeadlineExceededException.class)
                            .hasMessage("The deadline has passed: the request was given 20 ms.");
                    assertThat(deadline.passed()).isTrue();
                }
                gate.go.countDown();
                assertThat(Scheduler.await(running)).containsExactly(1);
            }
        }
    }

    @Test
    void aTextUnderWayPastItsDeadlineFreesItsCoreWithinALayer() throws Exception {
        var layers = new Layers();
        try (var scheduler = new Scheduler(1, 1_000_000, Kernels.instance());
                var room = scheduler.reserve(BULK.withDeadline(Deadline.after(Duration.ofMillis(20))), 1_000);
                var other = scheduler.reserve(BULK, 1)) {
            var late = room.submit(layers, text(1, 1_000));
            layers.third.await();
            assertThatThrownBy(() -> Scheduler.await(late)).isInstanceOf(DeadlineExceededException.class);
            layers.go.countDown();
            assertThat(Scheduler.await(other.submit(FIRST_ID, text(7, 1)))).containsExactly(7);
            assertThat(layers.passed).hasValue(3);
        }
    }

    /** Asks between its layers whether it is still wanted, and waits in the third. */
    private record Layers(CountDownLatch third, CountDownLatch go, AtomicInteger passed) implements TileRunner {
        static final int COUNT = 32;

        Layers() {
            this(new CountDownLatch(1), new CountDownLatch(1), new AtomicInteger());
        }

        @Override
        public float[][] run(Worker worker, Tile tile) {
            for (int i = 0; i < COUNT; i++) {
                worker.requireWanted();
                if (passed.incrementAndGet() == 3) {
                    third.countDown();
                    awaitUninterruptibly(go);
                }
            }
            return FIRST_ID.run(worker, tile);
        }
    }
}
