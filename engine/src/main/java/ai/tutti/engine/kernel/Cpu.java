package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The CPU as oneDNN will use it: its vendor, and the newest instruction set within {@code ONEDNN_MAX_CPU_ISA}.
 *
 * <p>Which precision pays is a table by vendor and instruction set, never a timing: a timing could fall differently on two
 * days and change the vectors.
 *
 * @param vendor who made it
 * @param isa the newest instruction set
 */
public record Cpu(Vendor vendor, Isa isa) {
    /** Who made the CPU. */
    public enum Vendor {
        INTEL,
        AMD,
        OTHER
    }

    /** Instruction sets that make a difference, oldest first. */
    public enum Isa {
        /** Not x86, or an x86 without AVX2. */
        BASELINE(0, "baseline"),
        AVX2(0x7, "AVX2"),
        AVX512(0x27, "AVX-512"),
        AVX512_VNNI(0x67, "AVX-512 with VNNI"),
        AVX512_BF16(0xe7, "AVX-512 with BF16"),
        AMX(0xfef, "AMX");

        private final int bits;
        private final String title;

        Isa(int bits, String title) {
            this.bits = bits;
            this.title = title;
        }

        /** For people. */
        public String title() {
            return title;
        }

        static Isa of(int effective) {
            var found = BASELINE;
            for (var isa : values()) {
                if (isa.bits != 0 && (effective & isa.bits) == isa.bits) {
                    found = isa;
                }
            }
            return found;
        }
    }

    /** @param effectiveIsa oneDNN's bits; they mean something else on every architecture, and are read here on x86 alone */
    static Cpu of(int effectiveIsa) {
        var architecture = System.getProperty("os.arch");
        boolean x86 = architecture.equals("amd64") || architecture.equals("x86_64");
        return new Cpu(vendorOfThisMachine(), x86 ? Isa.of(effectiveIsa) : Isa.BASELINE);
    }

    /** The precision that {@code auto} means: bf16 where it is faster than f32, and f32 elsewhere. */
    public Precision autoPrecision() {
        return switch (isa) {
            case AMX -> Precision.BF16;
            // The same instruction that doubles the speed on AMD's Zen is slower than f32 on Intel's cores without AMX.
            case AVX512_BF16 -> vendor == Vendor.AMD ? Precision.BF16 : Precision.F32;
            case BASELINE, AVX2, AVX512, AVX512_VNNI -> Precision.F32;
        };
    }

    /** What oneDNN's products can compute here at all. */
    public List<Precision> supportedPrecisions() {
        return isa.compareTo(Isa.AVX512) >= 0 ? List.of(Precision.F32, Precision.BF16) : List.of(Precision.F32);
    }

    /**
     * Whether products of bytes are exact here: older CPUs add pairs of them in 16 bits, which is too few for unsigned bytes by
     * signed ones.
     */
    public boolean multipliesBytes() {
        return isa.compareTo(Isa.AVX512_VNNI) >= 0;
    }

    /** For people: {@code "Intel, AMX"}. */
    public String title() {
        var name =
                switch (vendor) {
                    case INTEL -> "Intel";
                    case AMD -> "AMD";
                    case OTHER -> System.getProperty("os.arch");
                };
        return name + ", " + isa.title();
    }

    /** Whether this machine is known to have instruction sets, by the names that Linux gives them. */
    static boolean thisMachineHas(Set<String> flags) {
        return Set.copyOf(List.of(linuxSays("flags").split("\\s+"))).containsAll(flags);
    }

    private static Vendor vendorOfThisMachine() {
        var text = System.getenv("PROCESSOR_IDENTIFIER"); // Windows
        if (text == null) {
            text = linuxSays("vendor_id");
        }
        if (text.contains("GenuineIntel")) {
            return Vendor.INTEL;
        }
        return text.contains("AuthenticAMD") ? Vendor.AMD : Vendor.OTHER;
    }

    /** A line about the first core; empty where there is none. */
    private static String linuxSays(String key) {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith(key)).findFirst().orElse("");
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }
}
