package ai.tutti.engine.family;

import java.util.stream.IntStream;

/** M2-BERT as its formulas stand, in double, with sums in place of transforms; nothing of the engine is used. */
final class SlowM2 {
    private final RandomM2 model;

    SlowM2(RandomM2 model) {
        this.model = model;
    }

    /** The pooled vector of a text as it is. */
    double[] vector(int[] ids) {
        int hidden = model.hidden;
        int length = ids.length;
        var words = tensor("embeddings.word_embeddings.weight");
        var positions = tensor("embeddings.position_embeddings.weight");
        var types = tensor("embeddings.token_type_embeddings.weight");
        var h = new double[length][hidden];
        for (int t = 0; t < length; t++) {
            for (int c = 0; c < hidden; c++) {
                h[t][c] = (double) words[ids[t] * hidden + c] + positions[t * hidden + c] + types[c];
            }
            norm(h[t], "embeddings.LayerNorm");
        }
        for (int i = 0; i < model.layers; i++) {
            h = layer("encoder.layer." + i + ".", h);
        }
        var vector = linear(h[0], "pooler.dense", hidden);
        for (int c = 0; c < hidden; c++) {
            vector[c] = Math.tanh(vector[c]);
        }
        return vector;
    }

    private double[][] layer(String name, double[][] h) {
        int hidden = model.hidden;
        int length = h.length;
        var u = rows(h, row -> linear(row, name + "attention.in_linear", 3 * hidden));
        var taps = tensor(name + "attention.short_filter.weight");
        var bias = tensor(name + "attention.short_filter.bias");
        var product = new double[length][hidden];
        var gate = new double[length][hidden];
        for (int t = 0; t < length; t++) {
            var c = new double[3 * hidden];
            for (int j = 0; j < 3 * hidden; j++) {
                c[j] = bias[j];
                for (int k = 0; k < 3; k++) {
                    c[j] += t - 2 + k < 0 ? 0 : taps[j * 3 + k] * u[t - 2 + k][j];
                }
            }
            for (int j = 0; j < hidden; j++) {
                product[t][j] = c[j] * c[2 * hidden + j];
                gate[t][j] = c[hidden + j];
            }
        }
        var first = convolve(name + "attention.filter_fn", product);
        var second = convolve(name + "attention.filter_fn2", h);
        return rows(length, t -> {
            var y = new double[hidden];
            for (int c = 0; c < hidden; c++) {
                y[c] = first[t][c] * gate[t][c] + second[t][c];
            }
            var m = linear(y, name + "attention.out_linear", hidden);
            var result = mlp(m, name + "mlp.");
            for (int c = 0; c < hidden; c++) {
                result[c] += m[c];
            }
            norm(result, name + "mlp.layernorm");
            return result;
        });
    }

    private double[] mlp(double[] m, String name) {
        int wide = model.wide;
        var g = blocks(m, tensor(name + "gated_layers.weight"), 2 * wide);
        var gated = new double[wide];
        for (int i = 0; i < wide; i++) {
            gated[i] = g[i] * (1 + erf(g[i] / Math.sqrt(2))) / 2 * g[wide + i];
        }
        var o = blocks(gated, tensor(name + "wo.weight"), model.hidden);
        var bias = tensor(name + "wo.bias");
        for (int c = 0; c < o.length; c++) {
            o[c] += bias[c];
        }
        return o;
    }

    private static double[] blocks(double[] x, float[] weight, int out) {
        int p = x.length / 4;
        int q = out / 4;
        var y = new double[out];
        for (int k = 0; k < 4; k++) {
            for (int a = 0; a < q; a++) {
                double sum = 0;
                for (int b = 0; b < p; b++) {
                    sum += weight[(k * q + a) * p + b] * x[k * p + b];
                }
                y[k * q + a] = sum;
            }
        }
        return y;
    }

    private double[][] convolve(String name, double[][] x) {
        int length = x.length;
        var ahead = filter(name, ".implicit_filter", length);
        var behind = filter(name, ".implicit_filter_rev", length);
        var bias = tensor(name + ".bias");
        return rows(length, t -> {
            var y = new double[model.hidden];
            for (int s = 0; s < length; s++) {
                var k = s <= t ? ahead[t - s] : behind[s - t - 1];
                for (int c = 0; c < y.length; c++) {
                    y[c] += k[c] * x[s][c];
                }
            }
            for (int c = 0; c < y.length; c++) {
                y[c] += bias[c] * x[t][c];
            }
            return y;
        });
    }

    private double[][] filter(String name, String net, int length) {
        var z = tensor(name + ".pos_emb.z");
        var times = tensor(name + ".pos_emb.t");
        var deltas = tensor(name + ".modulation.deltas");
        var freq = tensor(name + ".implicit_filter.1.freq");
        var last = tensor(name + net + ".6.weight");
        return rows(length, n -> {
            var a = new double[5];
            for (int j = 0; j < 5; j++) {
                a[j] = z[n * 5 + j];
            }
            for (int step = 0; step < 6; step += 2) {
                a = linear(a, name + net + "." + step, model.order);
                for (int j = 0; j < a.length; j++) {
                    a[j] = Math.sin(freq[j] * a[j]);
                }
            }
            var k = new double[model.hidden];
            for (int c = 0; c < k.length; c++) {
                for (int j = 0; j < model.order; j++) {
                    k[c] += last[c * model.order + j] * a[j];
                }
                k[c] *= Math.exp(-times[n] * Math.abs(deltas[c]));
            }
            return k;
        });
    }

    private double[] linear(double[] x, String name, int out) {
        var weight = tensor(name + ".weight");
        var bias = tensor(name + ".bias");
        var y = new double[out];
        for (int i = 0; i < out; i++) {
            double sum = bias[i];
            for (int j = 0; j < x.length; j++) {
                sum += weight[i * x.length + j] * x[j];
            }
            y[i] = sum;
        }
        return y;
    }

    private void norm(double[] x, String name) {
        var scale = tensor(name + ".weight");
        var shift = tensor(name + ".bias");
        double mean = 0;
        for (double value : x) {
            mean += value / x.length;
        }
        double variance = 0;
        for (double value : x) {
            variance += (value - mean) * (value - mean) / x.length;
        }
        for (int c = 0; c < x.length; c++) {
            x[c] = (x[c] - mean) / Math.sqrt(variance + 1e-12) * scale[c] + shift[c];
        }
    }

    /** By its series, and beyond where that is 1 to the last place. */
    private static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double sum = x;
        double term = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    private float[] tensor(String name) {
        return java.util.Objects.requireNonNull(model.tensors.get(name), name);
    }

    private static double[][] rows(double[][] x, java.util.function.Function<double[], double[]> row) {
        return rows(x.length, t -> row.apply(x[t]));
    }

    private static double[][] rows(int count, java.util.function.IntFunction<double[]> row) {
        return IntStream.range(0, count).parallel().mapToObj(row).toArray(double[][]::new);
    }
}
