package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TeamTest {
    @Test
    void everyRowIsTakenOnceWhileHelpersComeAndGo() throws Exception {
        var team = new Team();
        var wanted = new AtomicBoolean();
        try (var leader = new Worker(Kernels.instance());
                var other = new Worker(Kernels.instance())) {
            var helper = Thread.ofPlatform().start(() -> {
                for (int visit = 0; visit < 200; visit++) {
                    int looks = visit % 7;
                    var left = new int[] {looks};
                    team.help(other, () -> wanted.get() || left[0]-- < 0);
                }
                team.help(other, () -> false);
            });
            leader.lead(team);
            for (int step = 0; step < 20_000; step++) {
                int rows = 1 + step % 300;
                var taken = new AtomicIntegerArray(rows);
                leader.split(rows, 16, (worker, first, count) -> {
                    for (int i = first; i < first + count; i++) {
                        taken.incrementAndGet(i);
                    }
                });
                for (int i = 0; i < rows; i++) {
                    assertThat(taken.get(i)).isOne();
                }
            }
            team.end();
            helper.join();
        }
    }

    @Test
    void aHelperComputesAPartWithItsOwnWorker() {
        try (var leader = new Worker(Kernels.instance());
                var helper = new Helper(leader)) {
            var workers = new ConcurrentLinkedQueue<Worker>();
            var both = new CountDownLatch(2);
            leader.split(64, 16, (worker, first, count) -> {
                workers.add(worker);
                both.countDown();
                awaitUninterruptibly(both); // neither can take both parts
            });
            assertThat(workers).containsExactlyInAnyOrder(leader, helper.worker());
        }
    }

    @Test
    void whatAHelperThrowsComesOutAtTheLeaderAndTheTeamGoesOn() {
        try (var leader = new Worker(Kernels.instance());
                var helper = new Helper(leader)) {
            var both = new CountDownLatch(2);
            assertThatThrownBy(() -> leader.split(64, 16, (worker, first, count) -> {
                        both.countDown();
                        awaitUninterruptibly(both);
                        if (worker == helper.worker()) {
                            throw new IllegalStateException("no");
                        }
                    }))
                    .hasMessage("no");
            var taken = new AtomicIntegerArray(64);
            leader.split(64, 16, (worker, first, count) -> {
                for (int i = first; i < first + count; i++) {
                    taken.incrementAndGet(i);
                }
            });
            for (int i = 0; i < 64; i++) {
                assertThat(taken.get(i)).isOne();
            }
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
