package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The same texts give the same bits through every SDK. */
final class SameBitsTest {
    private static final List<String> TEXTS = List.of(
            "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
            "",
            "vicuña, 🦙 and 南美洲",
            "line\nbreaks,\ttabs and \"quotes\" \\ / \u2028",
            "a long walk ".repeat(300));

    @Test
    void everySdkReadsTheSameVectors(@TempDir Path folder) throws IOException {
        Path texts = folder.resolve("texts.json");
        Files.writeString(texts, JsonMapper.shared().writeValueAsString(TEXTS));
        var vectors = new TreeMap<String, List<String>>();
        for (Script script : Script.in("same_bits")) {
            for (Sdk sdk : script.sdks()) {
                String printed = script.run(sdk, Map.of("TUTTI_TEXTS", texts.toString()));
                vectors.put("%s with %s".formatted(script, sdk.label()), hexadecimal(printed));
            }
        }
        assertThat(vectors).hasSize(7);
        List<String> first = vectors.firstEntry().getValue();
        assertThat(first).hasSameSizeAs(TEXTS).doesNotHaveDuplicates();
        assertThat(vectors).allSatisfy((client, bits) -> assertThat(bits).as(client).isEqualTo(first));
    }

    private static List<String> hexadecimal(String printed) {
        return printed.lines().filter(line -> line.matches("[0-9a-f]{3072}")).toList();
    }
}
