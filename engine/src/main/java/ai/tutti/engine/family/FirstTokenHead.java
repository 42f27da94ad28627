package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.nn.ClassificationHead;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Pooling;
import ai.tutti.engine.nn.Weights;
import java.util.List;

/** The head for classifying that BERT's descendants share: {@code logits = classifier(act(dense(h[0])))}. */
final class FirstTokenHead {
    private FirstTokenHead() {}

    /**
     * Reads it.
     *
     * @param dense the name of the layer {@code [hidden, hidden]}
     * @param classifier the name of the layer {@code [labels, hidden]}
     */
    static Head read(ModelConfig config, Weights weights, String dense, Activation activation, String classifier) {
        int hidden = config.requireInt("hidden_size");
        return new ClassificationHead(
                new Pooling(List.of(PoolingMode.CLS)),
                weights.exactLinear(dense, hidden, hidden, true),
                activation,
                null,
                weights.exactLinear(classifier, hidden, config.labels(), true));
    }
}
