package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs in {@code examples/} do what their readers expect. */
final class ExamplesTest {
    @ParameterizedTest(name = "with {0}")
    @EnumSource(names = "NEIGHBOURS", mode = EnumSource.Mode.EXCLUDE)
    void embedAndRerank(Sdk sdk) {
        String file =
                switch (sdk) {
                    case NODE -> "embed_and_rerank.mjs";
                    case JAVA -> "EmbedAndRerank.java";
                    default -> "embed_and_rerank.py";
                };
        var script = new Script(Folders.EXAMPLES.resolve(file), List.of(sdk), Server.OPEN);
        String printed = script.run(sdk, Map.of());
        assertThat(printed.lines().toList()).hasSize(4).first().isEqualTo("Which animals live in the mountains of Peru?");
        assertThat(printed).contains("condor").contains("guanaco").contains("llama").doesNotContain("violoncello");
    }
}
