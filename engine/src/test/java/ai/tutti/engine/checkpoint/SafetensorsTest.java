package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    @Test
    void readsWhatTheFormatAllows() {
        List<StoredTensor> tensors = read("""
                {"__metadata__":{"format":"pt"},
                 "b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},
                 "scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
                 "empty":{"dtype":"I64","shape":[0,7],"data_offsets":[16,16]},
                 "stray":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[16,19]}}   \
                """, 19);

        assertThat(tensors).extracting(StoredTensor::name).containsExactly("b", "scalar", "empty", "stray");
        assertThat(tensors.getFirst().dtype()).isEqualTo(DType.BF16);
        assertThat(tensors.getFirst().strides()).containsExactly(3, 1);
        assertThat(tensors.getFirst().data().byteSize()).isEqualTo(12);
        assertThat(tensors.get(1).shape()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}                       | tensor a of shape [2]
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}                       | tensor a lies at bytes 0 to 8 of 4
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}                      | tensor a lies at bytes -4 to 0
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}                       | tensor a lies at bytes 4 to 0
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}                      | tensor a of shape [-1]
            {"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,4]}}   | tensor a of shape [4611686018427387905, 4]
            {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}    | not valid JSON
            {"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}                        | tensor a is stored as F4
            {"a":{"dtype":"F32","shape":[1]}}                                            | tensor a lacks
            {"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}                         | the shape of tensor a
            {"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}                     | the shape of tensor a
            {"a":7}                                                                      | tensor a is not
            {"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}                       | 2 bytes of data and there are 4
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} {}                    | goes on after its end
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}                        | not valid JSON
            []                                                                           | its header is not
            """)
    void everyLieIsRefusedByName(String header, String message) {
        assertThatThrownBy(() -> read(header, 4))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageStartingWith("m.safetensors is broken")
                .hasMessageContaining(message)
                .hasMessageEndingWith("download it again");
    }

    @Test
    void overlappingTensorsAreRefused() {
        assertThatThrownBy(() -> read("""
                {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                 "b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("tensor b lies at bytes 0 to 4");
    }

    @Test
    void aHeaderLongerThanTheFileIsRefused() {
        byte[] bytes = SafetensorsBytes.of("{}", 0);
        bytes[0] = 100;

        assertThatThrownBy(() -> Safetensors.read(file(bytes)))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("header's length 100 does not fit a file of 10 bytes");
    }

    @Test
    void namesAreKeptToOneLine() {
        assertThatThrownBy(() -> read("{\"a\\nb\":7}", 0))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("tensor a?b");
    }

    private static List<StoredTensor> read(String header, int data) {
        return Safetensors.read(file(SafetensorsBytes.of(header, data)));
    }

    private static MappedFile file(byte[] bytes) {
        return new MappedFile(Path.of("m.safetensors"), MemorySegment.ofArray(bytes));
    }
}
