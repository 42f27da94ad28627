package ai.tutti.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.tutti.engine.nn.Vectors;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The other side: ONNX Runtime in f32 on the same file, padded batches, first token's last hidden state, to length 1. */
final class OnnxRuntime implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    private final OrtSession session;

    OnnxRuntime(Path folder, int threads) throws OrtException {
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        session = environment.createSession(folder.resolve("model.onnx").toString(), options);
    }

    /** Vectors in the order of the texts, which are cut into batches as they come. */
    float[][] vectors(List<int[]> texts, int batch) throws OrtException {
        var vectors = new ArrayList<float[]>();
        for (int from = 0; from < texts.size(); from += batch) {
            vectors.addAll(run(texts.subList(from, Math.min(texts.size(), from + batch))));
        }
        return vectors.toArray(float[][]::new);
    }

    /** What a caller does who sorts first; sorting is part of the work. */
    float[][] vectorsSorted(List<int[]> texts, int batch) throws OrtException {
        return vectors(texts.stream().sorted(Comparator.comparingInt(ids -> ids.length)).toList(), batch);
    }

    private List<float[]> run(List<int[]> texts) throws OrtException {
        int longest = texts.stream().mapToInt(ids -> ids.length).max().orElseThrow();
        var ids = LongBuffer.allocate(texts.size() * longest);
        var mask = LongBuffer.allocate(texts.size() * longest);
        for (int text = 0; text < texts.size(); text++) {
            var tokens = texts.get(text);
            for (int i = 0; i < tokens.length; i++) {
                ids.put(text * longest + i, tokens[i]);
                mask.put(text * longest + i, 1);
            }
        }
        long[] shape = {texts.size(), longest};
        try (var inputIds = OnnxTensor.createTensor(environment, ids, shape);
                var attention = OnnxTensor.createTensor(environment, mask, shape);
                var types = OnnxTensor.createTensor(environment, LongBuffer.allocate(texts.size() * longest), shape);
                var results = session.run(
                        Map.of("input_ids", inputIds, "attention_mask", attention, "token_type_ids", types))) {
            var states = (OnnxTensor) results.get(0);
            int hidden = (int) states.getInfo().getShape()[2];
            var values = states.getFloatBuffer(); // [texts, longest, hidden]
            var vectors = new ArrayList<float[]>();
            for (int text = 0; text < texts.size(); text++) {
                var vector = new float[hidden];
                values.get(text * longest * hidden, vector);
                Vectors.normalize(vector);
                vectors.add(vector);
            }
            return vectors;
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
        options.close();
    }
}
