package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher {@code ./tutti} in a checkout with a space in its path, with a stand-in for Maven that leaves a trace. */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
    private static final String BUILDS = """
            echo "$JAVA_HOME $*" >> builds
            sleep 0.3
            mkdir -p cli/target/tutti/bin
            printf '#!/bin/sh\\nprintf "[%%s]" "$@"\\n' > cli/target/tutti/bin/tutti
            chmod +x cli/target/tutti/bin/tutti
            touch cli/target/tutti/built
            """;

    @TempDir
    private Path temporary;

    private Path checkout;
    private Path tools;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void checkout() throws IOException {
        checkout = Files.createDirectories(temporary.resolve("a checkout"));
        for (String file : List.of("tutti", "cli/src/main/dist/bin/find-java.sh")) {
            Path copy = checkout.resolve(file);
            Files.createDirectories(copy.resolveSibling("."));
            Files.copy(Path.of("..", file), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
        for (String module : List.of("api", "client", "search", "engine", "hub", "server", "cli")) {
            Files.createDirectories(checkout.resolve(module + "/src/main/java"));
            Files.writeString(checkout.resolve(module + "/pom.xml"), "");
        }
        Files.writeString(checkout.resolve("pom.xml"), "");
        grow(checkout, Instant.now().minusSeconds(60));

        Path jdk = temporary.resolve("a jdk");
        Shell.script(jdk.resolve("bin/java"), "");
        Shell.script(jdk.resolve("bin/javac"), "");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        tools = Files.createDirectories(temporary.resolve("tools"));
        Shell.script(tools.resolve("mvn"), BUILDS);
        environment.put("JAVA_HOME", jdk.toString());
        environment.put("PATH", tools + ":/usr/bin:/bin");
    }

    @Test
    void commandsThatMayMeetADecoderHaveTheVectorModule() throws Exception {
        Path launcher = checkout.resolve("cli/src/main/dist/bin/tutti");
        Files.copy(Path.of("../cli/src/main/dist/bin/tutti"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
        Path jdk = Path.of(environment.get("JAVA_HOME"));
        Shell.script(jdk.resolve("bin/java"), "printf '[%s]' \"$@\"\n");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\nMODULES=\"java.base jdk.incubator.vector\"\n");

        for (String with : List.of(
                "serve --model a", "serve --precision int8", "serve --config a", "check", "index docs", "search x", "ask x",
                "embed --model=a x", "embed --precision int8 x", "x --reranker a")) {
            assertThat(launch(launcher, with)).as(with).contains("[--add-modules=jdk.incubator.vector]");
        }
        for (String without : List.of("", "serve", "serve --port 9000", "embed x", "rerank q d", "models", "--version")) {
            assertThat(launch(launcher, without)).as(without).startsWith("[").doesNotContain("incubator");
        }

        environment.put("TUTTI_MODEL", "a");
        assertThat(launch(launcher, "serve")).as("a model from the environment").contains("incubator");
        environment.remove("TUTTI_MODEL");
        Files.createFile(checkout.resolve("tutti.yaml"));
        assertThat(launch(launcher, "serve")).as("models from the file").contains("incubator");
    }

    private String launch(Path launcher, String arguments) throws Exception {
        var command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments.split(" ")));
        return Shell.run(checkout, environment, command.toArray(String[]::new)).out();
    }

    @Test
    void firstUseBuildsAndLaterOnesDoNot() throws Exception {
        Shell first = tutti("serve", "--model", "a b");
        Shell second = tutti("--version");

        assertThat(first.exitCode()).isZero();
        assertThat(first.out()).isEqualTo("[serve][--model][a b]");
        assertThat(first.err()).contains("Building Tutti");
        assertThat(second.out()).isEqualTo("[--version]");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).singleElement().asString().startsWith(environment.get("JAVA_HOME")).contains("-pl cli -am package");
    }

    @Test
    void aChangedAddedOrRemovedSourceBuildsAgain() throws Exception {
        tutti();
        Path source = checkout.resolve("engine/src/main/java/Fresh.java");
        later(Files.writeString(source, ""));
        tutti();
        assertThat(builds()).hasSize(2);

        tutti();
        assertThat(builds()).as("nothing changed since").hasSize(2);

        Files.delete(source);
        later(checkout.resolve("engine/src/main/java"));
        tutti();
        assertThat(builds()).hasSize(3);

        later(checkout.resolve("pom.xml"));
        tutti();
        assertThat(builds()).hasSize(4);
    }

    @Test
    void aFailedBuildIsShownAndIsExitCodeTwo() throws Exception {
        Shell.script(tools.resolve("mvn"), "echo '[ERROR] Foo.java: no'\nexit 1\n");

        Shell run = tutti("serve");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("[ERROR] Foo.java: no", "tutti: the build failed");
    }

    @Test
    void withoutMavenItSaysWhatToInstall() throws Exception {
        Files.delete(tools.resolve("mvn"));
        for (String tool : List.of("sh", "dirname", "readlink", "find", "head", "mkdir", "flock", "rmdir")) {
            Shell.tool(tools, tool);
        }
        environment.put("PATH", tools.toString());

        Shell run = tutti("serve");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).singleElement().asString().contains("Maven 3.8");
    }

    @Test
    void worksThroughALinkFromAnyFolder() throws Exception {
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("direct"), checkout.resolve("tutti"));
        Files.createSymbolicLink(bin.resolve("tutti"), Path.of("direct"));

        Shell run = Shell.run(temporary, environment, bin.resolve("tutti").toString(), "x");

        assertThat(run.out()).isEqualTo("[x]");
        assertThat(checkout.resolve("builds")).exists();
    }

    @Test
    void ofSeveralAtOnceOneBuilds() throws Exception {
        startSeveral();
        assertThat(builds()).hasSize(1);
    }

    @Test
    void withoutFlockOfSeveralAtOnceOneBuilds() throws Exception {
        hideFlock();
        startSeveral();
        assertThat(builds()).hasSize(1);
        assertThat(checkout.resolve("target")).isEmptyDirectory();
    }

    @Test
    @Timeout(30)
    void withoutFlockTheLockOfAProcessThatIsGoneIsTakenOver() throws Exception {
        hideFlock();
        Process gone = Shell.start(checkout, environment, tools.resolve("true").toString());
        Shell.end(gone);
        Files.createDirectories(checkout.resolve("target"));
        Files.createSymbolicLink(checkout.resolve("target/build.lock.pid"), Path.of(Long.toString(gone.pid())));

        startSeveral();
        assertThat(builds()).hasSize(1);
        assertThat(checkout.resolve("target")).isEmptyDirectory();
    }

    private void startSeveral() throws Exception {
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 3; i++) {
            processes.add(Shell.start(checkout, environment, checkout.resolve("tutti").toString(), "x" + i));
        }
        for (Process process : processes) {
            assertThat(Shell.end(process).out()).startsWith("[x");
        }
    }

    private void hideFlock() throws IOException {
        for (String tool : List.of(
                "sh", "dirname", "readlink", "find", "head", "mkdir", "ln", "rm", "sleep", "chmod", "touch", "true")) {
            Shell.tool(tools, tool);
        }
        environment.put("PATH", tools.toString());
    }

    private Shell tutti(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(checkout.resolve("tutti").toString()));
        command.addAll(List.of(arguments));
        return Shell.run(checkout, environment, command.toArray(String[]::new));
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(checkout.resolve("builds"));
    }

    private static void later(Path file) throws IOException, InterruptedException {
        Thread.sleep(20);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        Thread.sleep(20);
    }

    /** Makes everything as old as that. */
    private static void grow(Path folder, Instant time) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(time));
            }
        }
    }
}
