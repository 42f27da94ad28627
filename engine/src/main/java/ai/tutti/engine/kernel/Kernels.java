package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Plans oneDNN's primitives, packs weights for them, and keeps the machine code that the engine generates itself; one object a
 * process.
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

    /** Instruction sets of the engine's own machine code, in Linux's names; oneDNN asks for fewer where it says AMX. */
    private static final Set<String> OWN_CODE =
            Set.of("avx512f", "avx512bw", "avx512dq", "avx512vbmi", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8");

    private static @Nullable Kernels instance;

    private final OneDnn oneDnn = new OneDnn(NativeLibraries.oneDnn());
    private final Cpu cpu = Cpu.of(oneDnn.effectiveIsa());
    private final boolean ownCode = cpu.isa() == Cpu.Isa.AMX && Cpu.thisMachineHas(OWN_CODE);
    private final Map<PlanSpec, Plan> plans = new ConcurrentHashMap<>();
    private final Map<List<Object>, PackedWeights.Layout> layouts = new ConcurrentHashMap<>();
    private final Map<Object, MachineCode> codes = new ConcurrentHashMap<>();
    private final Map<Integer, MemorySegment> roots = new ConcurrentHashMap<>();
    private final Map<ProductCode.Shape, ProductCode.Made> products = new ConcurrentHashMap<>();
    private final Map<List<Integer>, FusedAttention> attentions = new ConcurrentHashMap<>();
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
        return generates() && type == DType.BF16 && AttentionCode.HEAD_SIZES.contains(headSize)
                ? attentions.computeIfAbsent(List.of(heads, headSize), key -> new FusedAttention(heads, headSize))
                : null;
    }

    /** Whether an activation of bf16 is faster in place than as a part of the product before it. */
    boolean activatesInPlace(Activation activation, DType type, int columns) {
        return type == DType.BF16
                && generates()
                && columns % GeluCode.NUMBERS == 0
                && (activation == Activation.GELU || activation == Activation.GELU_TANH);
    }

    /** The code for it. */
    MachineCode inPlace(Activation activation) {
        return codes.computeIfAbsent(activation, key -> MachineCode.of(GeluCode.of(Gelu.of(activation))));
    }

    /** The code for a layer norm that writes f32 and bf16 at once, or null. */
    @Nullable MachineCode layerNorm(int columns, float epsilon, boolean adds) {
        return normsAtOnce(columns)
                ? codes.computeIfAbsent(
                        List.of(columns, epsilon, adds),
                        key -> MachineCode.of(LayerNormCode.of(columns, epsilon, adds)))
                : null;
    }

    /** Whether there is code for a layer norm that writes f32 and bf16 at once, and adds rows before if wanted. */
    boolean normsAtOnce(int columns) {
        return generates() && columns % LayerNormCode.NUMBERS == 0 && columns <= LayerNormCode.MOST;
    }

    /** Whether there is code for products of digits, see {@link DigitTiles}. */
    public boolean multipliesDigits() {
        return generates();
    }

    /** Whether there is code for {@link Worker#shortFilter} over blocks of so many channels. */
    boolean filtersShort(int channels) {
        return generates() && channels == ShortFilterCode.CHANNELS;
    }

    /** Whether there is code for convolutions of texts of such a length. */
    boolean convolves(int size) {
        return generates() && RingPasses.WIDTH == 16 && ConvolutionCode.supports(size);
    }

    MachineCode code(ConvolutionCode.Shape shape) {
        return codes.computeIfAbsent(shape, key -> MachineCode.of(ConvolutionCode.of(shape)));
    }

    MachineCode shortFilter(int streams) {
        return codes.computeIfAbsent(
                List.of(ShortFilterCode.class, streams), key -> MachineCode.of(ShortFilterCode.of(streams)));
    }

    /** The roots that it reads. */
    MemorySegment roots(int size) {
        return roots.computeIfAbsent(size, key -> ConvolutionCode.roots(key, Arena.global()));
    }

    MachineCode code(DigitProductCode.Shape shape) {
        return codes.computeIfAbsent(shape, key -> MachineCode.of(DigitProductCode.of(shape)));
    }

    MachineCode code(DigitSplitCode.Shape shape) {
        return codes.computeIfAbsent(shape, key -> MachineCode.of(DigitSplitCode.of(shape)));
    }

    /** Whether the process generates machine code of its own: on CPUs for which it was measured, where the system allows it. */
    private boolean generates() {
        return ownCode && MachineCode.isPossible();
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
        boolean own = generates()
                && products == DType.BF16
                && TileWeights.fit(in, out, products)
                && ProductCode.ACTIVATIONS.contains(activation);
        return own ? new TilePacking(in, out, products, arena) : packing(in, out, products, products, arena);
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
     * @param arena owns the packed numbers
     */
    public DigitTiles digitTiles(float[] weight, int in, Arena arena) {
        return DigitTiles.of(weight, in, arena);
    }

    /**
     * How rows of codes go through an encoder of these sizes.
     *
     * @param type of what attention takes and gives
     */
    public CodedRows codedRows(int hidden, int feedForward, DType type) {
        boolean fused = generates() && type == DType.BF16 && FusedRows.fit(hidden, feedForward);
        return fused ? new FusedRows(this) : new LoopedRows(this);
    }

    /** Packs codes for oneDNN's products. */
    Packing codePacking(int in, int out, Arena arena) {
        return new WholePacking(oneDnn, layout(in, out, DType.I8, DType.U8), arena);
    }

    /** The code for a product. */
    ProductCode.Made product(ProductCode.Shape shape) {
        var made = products.get(shape);
        return made != null ? made : products.computeIfAbsent(shape, ProductCode::make);
    }

    /** The code for a norm that writes codes. */
    MachineCode codingNorm(int columns, float epsilon, int zero) {
        return codes.computeIfAbsent(
                List.of(columns, epsilon, zero), key -> MachineCode.of(LayerNormCode.coding(columns, epsilon, zero)));
    }

    /** The code for codes of rows of bf16. */
    MachineCode coding(int columns, int zero, boolean factors) {
        return codes.computeIfAbsent(
                List.of("coding", columns, zero, factors), key -> MachineCode.of(CodingCode.of(columns, zero, factors)));
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
