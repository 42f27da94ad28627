package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code find-java.sh} among made-up installations. */
@DisabledOnOs(OS.WINDOWS)
final class FindJavaTest {
    private static final Path SCRIPT = Path.of("src/main/dist/bin/find-java.sh").toAbsolutePath();

    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>(Map.of("PATH", "/usr/bin:/bin"));

    @Test
    void javaHomeComesFirst() throws Exception {
        jdk("usr/lib/jvm/jdk-25", "25.0.1");
        environment.put("JAVA_HOME", jdk("my own/jdk", "26").toString());

        assertThat(found()).isEqualTo(root.resolve("my own/jdk"));
    }

    @Test
    void anOldJavaHomeIsPassedBy() throws Exception {
        Path fit = jdk("usr/lib/jvm/temurin-25-jdk", "25.0.1");
        environment.put("JAVA_HOME", jdk("usr/lib/jvm/java-17", "17.0.15").toString());

        assertThat(found()).isEqualTo(fit);
    }

    @Test
    void theJavaOnThePathIsFollowedToItsHome() throws Exception {
        Path fit = jdk("somewhere/jdk", "25");
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("java"), fit.resolve("bin/java"));
        environment.put("PATH", bin + ":/usr/bin:/bin");

        assertThat(found()).isEqualTo(fit.toRealPath());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "usr/lib/jvm/java-25-openjdk-amd64",
                "usr/java/jdk-25",
                "opt/java/openjdk",
                "Library/Java/JavaVirtualMachines/temurin-25.jdk/Contents/Home"
            })
    void thePlacesOfPackagesAreLookedInto(String place) throws Exception {
        jdk("usr/lib/jvm/java-17-openjdk-amd64", "17.0.15");
        Path fit = jdk(place, "25.0.1");

        assertThat(found()).isEqualTo(fit);
    }

    @Test
    void sdkmansJdksAreLookedInto() throws Exception {
        Path fit = jdk("home/me/.sdkman/candidates/java/25.0.1-tem", "25.0.1");
        environment.put("HOME", root.resolve("home/me").toString());

        assertThat(found()).isEqualTo(fit);
    }

    @Test
    void aJdkWithoutReleaseFileIsAsked() throws Exception {
        Path fit = jdk("usr/lib/jvm/plain", "25.0.2");
        Files.delete(fit.resolve("release"));

        assertThat(found()).isEqualTo(fit);
    }

    @Test
    void aRuntimeWithoutCompilerDoesNotFitWhereOneIsNeeded() throws Exception {
        environment.put("java_tool", "javac");
        environment.put("JAVA_HOME", jdk("jre", "25").toString());
        Path fit = jdk("usr/lib/jvm/jdk-25", "25.0.1");
        Shell.script(fit.resolve("bin/javac"), "");

        assertThat(found()).isEqualTo(fit);
    }

    @Test
    void withoutAnyNothingIsFound() throws Exception {
        jdk("usr/lib/jvm/java-21", "21.0.4");
        jdk("usr/lib/jvm/java-8", "1.8.0_402");

        assertThat(search().exitCode()).isNotZero();
        assertThat(search().out()).isEmpty();
    }

    private Path found() throws IOException, InterruptedException {
        Shell run = search();
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return Path.of(run.out().strip());
    }

    private Shell search() throws IOException, InterruptedException {
        environment.putIfAbsent("HOME", root.resolve("nobody").toString());
        Path bin = Files.createDirectories(root.resolve("tools"));
        for (String tool : new String[] {"sh", "sed", "head", "readlink", "dirname"}) {
            Shell.tool(bin, tool);
        }
        // The machine's own java must not be on the path.
        environment.merge("PATH", bin.toString(), (path, tools) -> path.replace("/usr/bin:/bin", tools));
        return Shell.run(
                root, environment, "/bin/sh", "-euc", ". \"$1\"; find_java \"$2\"", "sh", SCRIPT.toString(), root.toString());
    }

    private Path jdk(String place, String version) throws IOException {
        Path home = root.resolve(place);
        Shell.script(home.resolve("bin/java"), "echo 'openjdk version \"%s\" 2026-01-20' >&2\n".formatted(version));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"%s\"\nOS_ARCH=\"x\"\n".formatted(version));
        return home;
    }
}
