package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library comes from, seen from processes of their own. */
class TokenizerNativesTest {
    @TempDir
    Path root;

    /** Encodes one text and says which file the library was mapped from, where the system can tell. */
    static final class Encode {
        private Encode() {}

        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            try (Tokenizer tokenizer = Tokenizer.load(folder.resolve("tokenizer.json"), folder.resolve("none"))) {
                System.out.println(Arrays.toString(tokenizer.encode("What is the capital of France?")));
            }
            Path maps = Path.of("/proc/self/maps");
            if (Files.exists(maps)) {
                Files.readAllLines(maps).stream()
                        .filter(line -> line.contains("tokenizers") && line.contains("/"))
                        .map(line -> line.substring(line.indexOf('/')))
                        .distinct()
                        .filter(file -> !file.endsWith(".jar"))
                        .forEach(System.out::println);
            }
        }
    }

    @Test
    void aDistributionBringsItsOwn() throws Exception {
        Path home = root.resolve("tutti");
        List<Path> unpacked = TokenizerNatives.unpackTo(home.resolve("natives"));
        Path cache = root.resolve("cache");

        List<String> output = encode(List.of("-Dtutti.home=" + home), cache);

        assertThat(output.getFirst()).isEqualTo("[101, 540, 444, 420, 576, 422, 592, 134, 102]");
        assertThat(output.subList(1, output.size()))
                .allMatch(file -> unpacked.contains(Path.of(file)), "mapped from the distribution");
        assertThat(cache).doesNotExist();
    }

    @Test
    void otherwiseItIsUnpackedOnceToTheCache() throws Exception {
        Path cache = root.resolve("cache");

        encode(List.of(), cache);
        List<Path> first = files(cache);
        encode(List.of(), cache);

        assertThat(first).isNotEmpty().isEqualTo(files(cache));
    }

    @Test
    void aHomeThatCannotBeWrittenDoesNotMatter() throws Exception {
        Path tmp = Files.createDirectory(root.resolve("tmp"));
        Path file = Files.createFile(root.resolve("file"));

        List<String> output = encode(List.of("-Djava.io.tmpdir=" + tmp), file.resolve("cache"));

        assertThat(output.getFirst()).startsWith("[101, 540");
        assertThat(files(tmp)).isNotEmpty();
    }

    private List<String> encode(List<String> options, Path cache) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Encode.class.getName(),
                Fixtures.folder("bge").toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(Map.of("XDG_CACHE_HOME", cache.toString()));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
