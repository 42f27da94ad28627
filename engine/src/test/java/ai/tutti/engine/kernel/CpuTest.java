package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.kernel.Cpu.Isa;
import ai.tutti.engine.kernel.Cpu.Vendor;
import ai.tutti.engine.tensor.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("reference")
final class CpuTest {
    @ParameterizedTest
    @CsvSource({
        "INTEL, AMX, BF16",
        "AMD, AVX512_BF16, BF16",
        "INTEL, AVX512_BF16, F32",
        "AMD, AVX512_VNNI, F32",
        "INTEL, AVX2, F32",
        "OTHER, BASELINE, F32"
    })
    void autoIsATableByVendorAndInstructionSet(Vendor vendor, Isa isa, Precision auto) {
        assertThat(new Cpu(vendor, isa).autoPrecision()).isEqualTo(auto);
    }

    @ParameterizedTest
    @CsvSource({"0x7, AVX2", "0x27, AVX512", "0x67, AVX512_VNNI", "0xe7, AVX512_BF16", "0xfef, AMX", "0x1fef, AMX", "0x3, BASELINE"})
    void theNewestInstructionSetCounts(String bits, Isa isa) {
        assertThat(Isa.of(Integer.decode(bits))).isEqualTo(isa);
    }

    @Test
    void theEnvironmentsLimitIsKept() {
        var limit = System.getenv("ONEDNN_MAX_CPU_ISA");
        var isa = Kernels.instance().cpu().isa();
        if ("avx2".equals(limit)) {
            assertThat(isa).isLessThanOrEqualTo(Isa.AVX2);
            assertThat(Kernels.instance().cpu().supportedPrecisions()).containsExactly(Precision.F32);
        } else if ("avx512_core".equals(limit)) {
            assertThat(isa).isLessThanOrEqualTo(Isa.AVX512);
        } else if ("avx512_core_bf16".equals(limit)) {
            assertThat(isa).isLessThanOrEqualTo(Isa.AVX512_BF16);
        } else {
            assertThat(limit).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 16", "16, 16", "17, 32", "128, 128", "129, 160", "257, 320", "512, 512", "513, 640", "1025, 1280"})
    void rowsAreRoundedUpToABucket(int rows, int bucket) {
        assertThat(Kernels.bucket(rows)).isEqualTo(bucket);
    }
}
