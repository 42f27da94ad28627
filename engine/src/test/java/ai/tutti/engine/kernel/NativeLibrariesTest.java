package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a process of its own, since a library is loaded once a process. */
final class NativeLibrariesTest {
    @TempDir
    Path home;

    /** Creates an engine twice and says how it went. */
    static final class Create {
        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try (var engine = Engine.create(Engine.Settings.DEFAULT)) {
                    System.out.println(engine.cpu());
                } catch (OneDnnException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test
    void aDistributionWithoutItsLibrariesSaysSoEachTime() throws Exception {
        Files.createDirectories(home.resolve("natives"));

        assertThat(create()).hasSize(2).allMatch(line -> line.startsWith("missing native library " + home));
    }

    @Test
    void aLibraryThatIsNoneIsNamed() throws Exception {
        NativeLibraries.unpackTo(home.resolve("natives"));
        try (var files = Files.list(home.resolve("natives"))) {
            for (var file : files.toList()) {
                Files.writeString(file, "no library");
            }
        }

        assertThat(create()).hasSize(2).allMatch(line -> line.matches("the native library .* cannot be loaded: .*"));
    }

    private List<String> create() throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dtutti.home=" + home,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Create.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
