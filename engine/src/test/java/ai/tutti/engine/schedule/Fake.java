package ai.tutti.engine.schedule;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** In a model's place, since only the order matters here: gives each text's first id back. */
class Fake implements TileRunner {
    private final String model;
    /** What it has computed: the texts' first ids, tile by tile. */
    final List<List<Integer>> tiles;

    Fake() {
        this("fake");
    }

    Fake(String model) {
        this(model, new CopyOnWriteArrayList<>());
    }

    /** Puts what it computes into a list that it shares with others. */
    Fake(String model, List<List<Integer>> tiles) {
        this.model = model;
        this.tiles = tiles;
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public float[][] run(Worker worker, Tile tile) {
        var ids = new ArrayList<Integer>();
        var results = new float[tile.texts()][];
        for (int i = 0; i < results.length; i++) {
            int id = tile.ids()[tile.starts()[i]];
            ids.add(id);
            results[i] = new float[] {id};
        }
        tiles.add(ids);
        return results;
    }

    /** The texts' first ids in the order in which they were computed. */
    List<Integer> order() {
        return tiles.stream().flatMap(List::stream).toList();
    }

    static Tokens text(int id, int length) {
        var ids = new int[length];
        Arrays.fill(ids, id);
        return new Tokens(ids);
    }

    /** Says when a worker has come, and keeps it until it may go on. */
    static final class Gate extends Fake {
        final CountDownLatch started = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);

        @Override
        public float[][] run(Worker worker, Tile tile) {
            started.countDown();
            await(go);
            return super.run(worker, tile);
        }
    }

    /** Asks between its layers whether it is still wanted, and waits in the third. */
    static final class Layers extends Fake {
        static final int COUNT = 32;
        final CountDownLatch third = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        int passed;

        Layers() {}

        Layers(List<List<Integer>> tiles) {
            super("layers", tiles);
        }

        @Override
        public float[][] run(Worker worker, Tile tile) {
            for (int i = 0; i < COUNT; i++) {
                worker.requireWanted();
                if (++passed == 3) {
                    third.countDown();
                    await(go);
                }
            }
            return super.run(worker, tile);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
