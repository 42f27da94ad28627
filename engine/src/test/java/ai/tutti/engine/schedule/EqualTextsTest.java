package ai.tutti.engine.schedule;

import static ai.tutti.engine.schedule.Fake.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Fake.Gate;
import ai.tutti.engine.schedule.Fake.Layers;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Equal texts under way are computed once, for all who wait. */
@Timeout(60)
final class EqualTextsTest {
    private static final Terms BULK = Terms.DEFAULT.withLane(Lane.BULK);
    private static final Terms INTERACTIVE = Terms.DEFAULT.withLane(Lane.INTERACTIVE);

    private final Scheduler scheduler = new Scheduler(1, 1_000_000, 512, Kernels.instance());
    private final Fake fake = new Fake();
    private final Gate gate = new Gate();

    /** The only worker is kept busy until {@link Gate#go}. */
    @BeforeEach
    void keepBusy() throws InterruptedException {
        request(gate, INTERACTIVE).submit(text(0, 1));
        gate.started.await();
    }

    @AfterEach
    void close() {
        gate.go.countDown();
        scheduler.close();
        assertThat(scheduler.load().queuedTexts()).isZero();
    }

    private Reservation request(TileRunner model, Terms terms) {
        return scheduler.reserve(model, terms, 10_000);
    }

    @Test
    void oneResultForAllAndEachHasItsOwnArray() throws Exception {
        var one = request(fake, BULK);
        var other = request(fake, BULK);
        var tickets = List.of(one.submit(text(5, 10)), one.submit(text(5, 10)), other.submit(text(5, 10)));
        assertThat(scheduler.load().queuedTexts()).isEqualTo(1);
        gate.go.countDown();
        for (var ticket : tickets) {
            var result = ticket.await();
            assertThat(result).containsExactly(5);
            result[0] = -1;
        }
        assertThat(fake.order()).containsExactly(5);
        assertThat(other.timings().sharedTexts()).isEqualTo(1);
    }

    @Test
    void onlyWhatGivesTheSameBitsIsEqual() throws Exception {
        var otherModel = new Fake();
        var ids = text(5, 10).ids();
        var one = request(fake, BULK);
        var tickets = List.of(
                one.submit(new Tokens(ids)),
                one.submit(new Tokens(ids, 4)),
                one.submit(new Tokens(ids, 10, 2)),
                one.submit(text(5, 11)),
                request(otherModel, BULK).submit(new Tokens(ids)));
        assertThat(scheduler.load().queuedTexts()).isEqualTo(5);
        gate.go.countDown();
        for (var ticket : tickets) {
            assertThat(ticket.await()).containsExactly(5);
        }
    }

    @Test
    void whoLeavesTakesNothingFromTheOthers() throws Exception {
        var leaver = request(fake, BULK.withCaller("a"));
        var left = leaver.submit(text(5, 10));
        var stays = request(fake, BULK.withCaller("b")).submit(text(5, 10));
        leaver.close();
        assertThatThrownBy(left::await).hasMessage("the text was dropped");
        gate.go.countDown();
        assertThat(stays.await()).containsExactly(5);
    }

    @Test
    void whoJoinsATextUnderWayKeepsItThere() throws Exception {
        var layers = new Layers();
        var leaver = request(layers, BULK);
        leaver.submit(text(5, 10));
        gate.go.countDown();
        layers.third.await();
        leaver.close();
        var joined = request(layers, BULK).submit(text(5, 10));
        layers.go.countDown();
        assertThat(joined.await()).containsExactly(5);
        assertThat(layers.passed).isEqualTo(Layers.COUNT);
    }

    @Test
    void anInteractiveOneLiftsABulkOneToItsLane() throws Exception {
        var bulk = request(fake, BULK);
        bulk.submit(text(1, 512));
        bulk.submit(text(2, 512));
        var last = bulk.submit(text(3, 512));
        var lifted = request(fake, INTERACTIVE).submit(text(3, 512));
        gate.go.countDown();
        assertThat(lifted.await()).containsExactly(3);
        assertThat(last.await()).containsExactly(3);
        assertThat(fake.order().getFirst()).isEqualTo(3);
    }

    @Test
    void aTextStandsAmongTheTextsOfEachWhoWaitsForIt() throws Exception {
        var many = request(fake, BULK.withCaller("many"));
        for (int i = 0; i < 10; i++) {
            many.submit(text(10 + i, 512));
        }
        var last = many.submit(text(5, 512));
        var other = request(fake, BULK.withCaller("other")).submit(text(5, 512));
        gate.go.countDown();
        other.await();
        last.await();
        assertThat(fake.order().indexOf(5)).as("its turn is that of the one with few texts").isLessThan(2);
    }

    @Test
    void aClosedModelFailsAllWhoWait() {
        var one = request(fake, BULK).submit(text(5, 10));
        var other = request(fake, INTERACTIVE).submit(text(5, 10));
        scheduler.fail(fake, "gone");
        assertThatThrownBy(one::await).hasMessage("gone");
        assertThatThrownBy(other::await).hasMessage("gone");
        assertThat(scheduler.load().queuedTexts()).isZero();
    }
}
