package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The machine code that the engine generates itself: each shape's once, kept as long as the process. It is for CPUs on which it
 * was measured, where the system lets code be made; elsewhere {@link #generates} is false, and who asks for code that there is
 * not fails.
 */
final class OwnCode {
    /** Instruction sets that it needs, in Linux's names; oneDNN asks for fewer where it says AMX. */
    private static final Set<String> INSTRUCTIONS =
            Set.of("avx512f", "avx512bw", "avx512dq", "avx512vbmi", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8");

    private final boolean measured;
    private final Map<Object, MachineCode> codes = new ConcurrentHashMap<>();
    private final Map<ProductCode.Shape, ProductCode.Made> products = new ConcurrentHashMap<>();
    private final Map<List<Integer>, FusedAttention> attentions = new ConcurrentHashMap<>();
    private final Map<Integer, MemorySegment> roots = new ConcurrentHashMap<>();

    // What tells one code from another, beside the shapes that have types of their own.
    private record Gelus(Activation activation) {}

    private record Norms(int columns, float epsilon, boolean adds) {}

    private record CodingNorms(int columns, float epsilon, int zero) {}

    private record Codings(int columns, int zero, boolean factors) {}

    private record BlockNorms(int columns, int stride, float epsilon, boolean halves) {}

    private record ShortFilters(int streams, int channels, boolean halves) {}

    /** @param cpu as oneDNN will use it */
    OwnCode(Cpu cpu) {
        measured = cpu.isa() == Cpu.Isa.AMX && Cpu.thisMachineHas(INSTRUCTIONS);
    }

    /** Whether there is any. */
    boolean generates() {
        return measured && MachineCode.isPossible();
    }

    /** See {@link Kernels#attention}. */
    @Nullable FusedAttention attention(int heads, int headSize, DType type) {
        return generates() && type == DType.BF16 && AttentionCode.HEAD_SIZES.contains(headSize)
                ? attentions.computeIfAbsent(List.of(heads, headSize), key -> new FusedAttention(heads, headSize))
                : null;
    }

    /** Whether an activation of bf16 is faster in place than as a part of oneDNN's product before it. */
    boolean activatesInPlace(Activation activation, DType type, int columns) {
        return type == DType.BF16
                && generates()
                && columns % GeluCode.NUMBERS == 0
                && (activation == Activation.GELU || activation == Activation.GELU_TANH);
    }

    /** The code for it. */
    MachineCode inPlace(Activation activation) {
        return made(new Gelus(activation), () -> GeluCode.of(Gelu.of(activation)));
    }

    /** The code for a layer norm that writes f32 and bf16 at once, or null. */
    @Nullable MachineCode layerNorm(int columns, float epsilon, boolean adds) {
        return normsAtOnce(columns)
                ? made(new Norms(columns, epsilon, adds), () -> LayerNormCode.of(columns, epsilon, adds))
                : null;
    }

    /** Whether there is code for a layer norm that writes f32 and bf16 at once, and adds rows before if wanted. */
    boolean normsAtOnce(int columns) {
        return generates() && columns % LayerNormCode.NUMBERS == 0 && columns <= LayerNormCode.MOST;
    }

    /** The code for a norm that writes codes. */
    MachineCode codingNorm(int columns, float epsilon, int zero) {
        return made(new CodingNorms(columns, epsilon, zero), () -> LayerNormCode.coding(columns, epsilon, zero));
    }

    /** The code for a norm that writes blocks. */
    MachineCode blockNorm(int columns, int stride, float epsilon, boolean halves) {
        return made(
                new BlockNorms(columns, stride, epsilon, halves),
                () -> LayerNormCode.blocks(columns, stride, epsilon, halves));
    }

    /** The code for codes of rows of bf16. */
    MachineCode coding(int columns, int zero, boolean factors) {
        return made(new Codings(columns, zero, factors), () -> CodingCode.of(columns, zero, factors));
    }

    /** The code for a product. */
    ProductCode.Made product(ProductCode.Shape shape) {
        var made = products.get(shape);
        return made != null ? made : products.computeIfAbsent(shape, ProductCode::make);
    }

    MachineCode code(DigitProductCode.Shape shape) {
        return made(shape, () -> DigitProductCode.of(shape));
    }

    MachineCode code(DigitGateCode.Shape shape) {
        return made(shape, () -> DigitGateCode.of(shape));
    }

    MachineCode code(MeanProductCode.Shape shape) {
        return made(shape, () -> MeanProductCode.of(shape));
    }

    MachineCode code(DigitSplitCode.Shape shape) {
        return made(shape, () -> DigitSplitCode.of(shape));
    }

    /** Whether there is code for convolutions of texts of such a length. */
    boolean convolves(int size) {
        return generates() && RingPasses.WIDTH == 16 && ConvolutionCode.supports(size);
    }

    MachineCode code(ConvolutionCode.Shape shape) {
        return made(shape, () -> ConvolutionCode.of(shape));
    }

    /** The roots that a convolution reads. */
    MemorySegment roots(int size) {
        return roots.computeIfAbsent(size, key -> ConvolutionCode.roots(key, Arena.global()));
    }

    /** Whether there is code for {@link Worker#shortFilter} over groups of so many channels. */
    boolean filtersShort(int channels) {
        return generates()
                && RingPasses.WIDTH == ShortFilterCode.CHANNELS
                && channels % ShortFilterCode.CHANNELS == 0
                && channels <= ShortFilterCode.MOST_CHANNELS;
    }

    MachineCode shortFilter(int streams, int channels, boolean halves) {
        return made(new ShortFilters(streams, channels, halves), () -> ShortFilterCode.of(streams, channels, halves));
    }

    private MachineCode made(Object key, Supplier<byte[]> code) {
        var made = codes.get(key);
        return made != null ? made : codes.computeIfAbsent(key, _ -> MachineCode.of(code.get()));
    }
}
