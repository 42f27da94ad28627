package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;

/**
 * A head with the two labels "no" and "yes" as one score: the difference of the second and the first.
 *
 * @param head gives two logits a text
 */
public record LabelDifference(Head head) implements Head {
    public LabelDifference {
        requireNonNull(head, "head is null");
        if (head.outputs() != 2) {
            throw new IllegalArgumentException("%d labels are not two".formatted(head.outputs()));
        }
    }

    @Override
    public Rows rows() {
        return head.rows();
    }

    @Override
    public int outputs() {
        return 1;
    }

    @Override
    public Tile seen(Tile tile) {
        return head.seen(tile);
    }

    @Override
    public float[][] apply(Worker worker, Matrix states, Tile tile) {
        var labels = head.apply(worker, states, tile);
        var scores = new float[labels.length][1];
        for (int text = 0; text < scores.length; text++) {
            scores[text][0] = labels[text][1] - labels[text][0];
        }
        return scores;
    }
}
