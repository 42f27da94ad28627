package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The README's commands and programs, as they stand there but for the port. */
final class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("```(\\w+)\n(.*?)```", Pattern.DOTALL);
    private static final String ADDRESS = "http://127.0.0.1:8080";

    @Test
    void itsCurlCommandsEmbedAndRerank() throws IOException {
        List<JsonNode> replies = blocks("sh").stream()
                .flatMap(block -> Arrays.stream(block.split("\n\n", -1)))
                .filter(command -> command.startsWith("curl ") && command.contains("/v1/"))
                .map(CurlTest::json)
                .toList();

        assertThat(replies).hasSize(2);
        assertThat(replies.getFirst().at("/data/0/embedding")).hasSize(384);
        assertThat(replies.getLast().at("/results/0/index").asInt()).as("the choir sings").isZero();
    }

    @ParameterizedTest(name = "with {0}")
    @EnumSource(names = "NEIGHBOURS", mode = EnumSource.Mode.EXCLUDE)
    void itsProgramsPrintAVector(Sdk sdk) throws IOException {
        Language language = Language.of(sdk);
        List<String> programs = blocks(language.block);
        assertThat(programs).hasSize(1);
        Path file = Folders.TARGET.resolve("readme").resolve(language.file);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, programs.getFirst(), StandardCharsets.UTF_8);

        String printed = new Script(file, List.of(sdk), Server.OPEN).run(sdk, Map.of());

        assertThat(JsonMapper.shared().readTree(printed)).hasSize(3).allMatch(JsonNode::isFloatingPointNumber);
    }

    private enum Language {
        PYTHON("python", "readme.py"),
        TYPESCRIPT("ts", "readme.mjs"),
        JAVA("java", "Readme.java");

        private final String block;
        private final String file;

        Language(String block, String file) {
            this.block = block;
            this.file = file;
        }

        static Language of(Sdk sdk) {
            return switch (sdk) {
                case NODE -> TYPESCRIPT;
                case JAVA -> JAVA;
                case TOGETHER_V1, TOGETHER_V2, TOGETHER_V3, NEIGHBOURS -> PYTHON;
            };
        }
    }

    private static List<String> blocks(String language) throws IOException {
        String readme = Files.readString(Folders.MODULE.resolveSibling("README.md"), StandardCharsets.UTF_8);
        return BLOCK.matcher(readme).results()
                .filter(block -> block.group(1).equals(language))
                .map((MatchResult block) -> block.group(2).replace(ADDRESS, Server.OPEN.root()))
                .toList();
    }
}
