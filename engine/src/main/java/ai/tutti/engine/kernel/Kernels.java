package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Plans oneDNN's primitives and packs weights, for them or for the engine's {@linkplain OwnCode own machine code}; one object
 * a process.
 *
 * <p>A plan is machine code, generated for one shape in 0.1 to 10 ms and kept. Callers round their shapes up to a bucket
 * ({@link #bucket}) so that there are some dozens of them and not thousands. Rounding changes no result: a row's bits do not
 * depend on how many other rows a product has, as long as there are at least two.
 *
 * <p>oneDNN answers some combinations of shapes and types with its reference code, which is thousands of times slower, and
 * says so only in the implementation's name. Planning such a primitive is an error here, on CPUs for which oneDNN has
 * better.
 */
public final class Kernels {
    /** Weights of eight bits that share a scale of four bytes. */
    public static final int INT8_GROUP = ByteCodes.GROUP;

    /** Outputs of a block of {@link BlockWeights}: as few as products of some hundred rows take without loss. */
    private static final int F32_BLOCK = 64;

    private static final int BF16_BLOCK = 256;

    private static @Nullable Kernels instance;

    private final OneDnn oneDnn = new OneDnn(NativeLibraries.oneDnn());
    private final Cpu cpu = Cpu.of(oneDnn.effectiveIsa());
    private final OwnCode own = new OwnCode(cpu);
    private final Map<PlanSpec, Plan> plans = new ConcurrentHashMap<>();
    private final Map<List<Object>, PackedWeights.Layout> layouts = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();

    private Kernels() {}

    /**
     * The process's kernels; loads the native library at the first call.
     *
     * @throws OneDnnException when there is none for this platform, or it cannot be loaded
     */
    public static synchronized Kernels instance() {
        var kernels = instance;
        if (kernels == null) {
            kernels = new Kernels();
            instance = kernels;
        }
        return kernels;
    }

    /** The CPU as oneDNN will use it. */
    public Cpu cpu() {
        return cpu;
    }

    /**
     * The number of rows that a plan for {@code rows} rows is made for: at least 16, and at most an eighth more than asked
     * once there are many.
     */
    public static int bucket(int rows) {
        int step = 16;
        while (rows > step * 8) {
            step *= 2;
        }
        return Math.max(16, (rows + step - 1) / step * step);
    }

    /**
     * Attention in one call instead of three, or null where this CPU, or this shape, has none.
     *
     * @param type of query, key, value and context
     */
    public @Nullable FusedAttention attention(int heads, int headSize, DType type) {
        return own.attention(heads, headSize, type);
    }

    /** Whether there is code for products of digits, see {@link DigitTiles}. */
    public boolean multipliesDigits() {
        return own.generates();
    }

    OwnCode own() {
        return own;
    }

    OneDnn oneDnn() {
        return oneDnn;
    }

    /** The plan for a shape; made at the first call. */
    Plan plan(PlanSpec spec) {
        var plan = plans.get(spec);
        return plan != null ? plan : plans.computeIfAbsent(spec, this::make);
    }

    /**
     * Packs a layer's weights.
     *
     * @param stored how the numbers are kept: as {@code products}; as f16 or bf16, for products of f32; as int8 with scales
     * @param products the type of the products' operands: f32 or bf16
     * @param arena owns the packed numbers
     */
    public Packing packing(int in, int out, DType stored, DType products, Arena arena) {
        if (stored == products) {
            return new WholePacking(oneDnn, layout(in, out, products), arena);
        }
        int width = Math.min(out, products == DType.F32 ? F32_BLOCK : BF16_BLOCK);
        int rest = (out - 1) % width + 1;
        var layout = layout(in, width, products);
        var last = layout(in, rest, products);
        var blocks = new ArrayList<>(Collections.nCopies((out - 1) / width, Panels.of(oneDnn, layout)));
        blocks.add(Panels.of(oneDnn, last));
        var codes = stored == DType.I8 ? new ByteCodes(products, blocks, arena) : new HalfCodes(stored, blocks, arena);
        return new BlockPacking(new BlockWeights(in, out, width, layout, last, codes), codes, width);
    }

    /**
     * Packs a layer's weights for an activation, or for adding to a residual, and nothing else: for the engine's own product, where
     * there is one, which does both while it multiplies.
     *
     * @param arena owns the packed numbers
     */
    public Packing packing(int in, int out, DType products, Activation activation, Arena arena) {
        boolean fits = own.generates()
                && products == DType.BF16
                && TileWeights.fit(in, out, products)
                && ProductCode.ACTIVATIONS.contains(activation);
        return fits ? new TilePacking(in, out, products, arena) : packing(in, out, products, products, arena);
    }

    /**
     * Packs a layer's weights as integers of two digits.
     *
     * @param weight {@code [scales, in]}
     * @param arena owns the packed numbers
     */
    public DigitWeights digits(float[] weight, int in, Arena arena) {
        int out = weight.length / in;
        return DigitWeights.of(oneDnn, weight, layout(in, out, DType.I8), layout(2 * in, out, DType.I8), arena);
    }

    /**
     * Packs a layer's weights for {@link #multipliesDigits products of digits}.
     *
     * @param weight {@code [out, in]}; in a multiple of 64, out of 16
     * @param order of the rows that they are multiplied with
     * @param arena owns the packed numbers
     */
    public DigitTiles digitTiles(float[] weight, int in, DigitTiles.Order order, Arena arena) {
        return DigitTiles.of(weight, in, order, arena);
    }

    /**
     * Packs the weights of a layer and of its gate, as {@link #digitTiles}.
     *
     * @param gate {@code [out, in]}
     * @param value {@code [out, in]}
     * @param arena owns the packed numbers
     */
    public DigitGates digitGates(float[] gate, float[] value, int in, Arena arena) {
        return DigitGates.of(gate, value, in, arena);
    }

    /**
     * As {@link #digitTiles}, for products in bf16 that are exact for the rows' mean.
     *
     * @param weight {@code [out, in]}; in a multiple of 64, out of {@link MeanTiles#PANEL}
     * @param arena owns the packed numbers
     */
    public MeanTiles meanTiles(float[] weight, int in, Arena arena) {
        return MeanTiles.of(weight, in, arena);
    }

    /**
     * How rows of codes go through an encoder of these sizes.
     *
     * @param type of what attention takes and gives
     */
    public CodedRows codedRows(int hidden, int feedForward, DType type) {
        boolean fused = own.generates() && type == DType.BF16 && FusedRows.fit(hidden, feedForward);
        return fused ? new FusedRows(own) : new LoopedRows(this);
    }

    /** Packs codes for oneDNN's products. */
    Packing codePacking(int in, int out, Arena arena) {
        return new WholePacking(oneDnn, layout(in, out, DType.I8, DType.U8), arena);
    }

    /** The layout that a product of very many rows would like; products of fewer rows like the same. */
    private PackedWeights.Layout layout(int in, int out, DType dtype) {
        return layout(in, out, dtype, dtype);
    }

    /** @param source type of what is multiplied with the weights */
    private PackedWeights.Layout layout(int in, int out, DType dtype, DType source) {
        return layouts.computeIfAbsent(List.of(in, out, dtype, source), key -> chosen(in, out, dtype, source));
    }

    private PackedWeights.Layout chosen(int in, int out, DType dtype, DType source) {
        try (var handles = new Handles()) {
            long src = handles.add(oneDnn.dense(source, 512, in), oneDnn::destroyDesc);
            long weights = handles.add(oneDnn.anyLayout(dtype, in, out), oneDnn::destroyDesc);
            long dst = handles.add(oneDnn.dense(dtype == DType.I8 ? DType.F32 : dtype, 512, out), oneDnn::destroyDesc);
            long attr = handles.add(oneDnn.attributes(0), oneDnn::destroyAttributes);
            if (dtype == DType.I8) {
                oneDnn.scales(attr, OneDnn.ARG_SRC, 0);
                oneDnn.scales(attr, OneDnn.ARG_WEIGHTS, 1 << 1);
            }
            long desc = oneDnn.matmulDesc(src, weights, 0, dst, attr);
            // The description belongs to the product's, which is therefore never destroyed: one for each shape of weights.
            return new PackedWeights.Layout(in, out, dtype, oneDnn.queryDesc(desc, OneDnn.QUERY_WEIGHTS));
        }
    }

    private Plan make(PlanSpec spec) {
        try {
            return new PlanMaker(oneDnn, cpu.isa() == Cpu.Isa.BASELINE).make(spec, ids.getAndIncrement());
        } catch (OneDnnException e) {
            throw new OneDnnException(e.getMessage() + " (planning " + spec + ")", e);
        }
    }
}
