package ai.tutti.cli;

import ai.tutti.hub.Hub;
import ai.tutti.hub.HubSettings;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.TuttiServer;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParseResult;

/** {@code tutti serve}: configures, starts, says what it serves, and waits for the process's end. */
final class Serve {
    /** Names the configuration file, as {@code --config} does. */
    static final String CONFIG_VARIABLE = "TUTTI_CONFIG";

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final Path folder;

    Serve(PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.folder = folder;
    }

    void run(ParseResult parsed) {
        ServerSettings settings = settings(parsed, environment, folder);
        UnknownVariables.warnings(environment).forEach(warning -> err.println("tutti: " + Display.safe(warning)));
        var console = new Announcer(out, Terminal.ansi());
        console.starting(settings);
        fetch(settings.models());
        long began = System.nanoTime();
        TuttiServer server = TuttiServer.start(settings);
        var ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            console.stopping();
            server.close();
            ended.countDown();
        }, "tutti-stop"));
        console.serving(server, settings, Duration.ofNanos(System.nanoTime() - began));
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Brings here what is missing, while somebody can see how far it is. */
    private void fetch(List<ModelSpec> models) {
        List<ModelSpec> others = models.stream().filter(model -> !Hub.isAtHand(model)).toList();
        if (!others.isEmpty()) {
            var hub = new Hub(HubSettings.of(environment), new DownloadBar(out, Terminal.isInteractive()));
            others.forEach(hub::locate);
        }
    }

    static ServerSettings settings(ParseResult parsed, Map<String, String> environment, Path folder) {
        @Nullable String named = parsed.hasMatchedOption(Commands.CONFIG)
                ? parsed.matchedOption(Commands.CONFIG).originalStringValues().getLast()
                : environment.get(CONFIG_VARIABLE);
        @Nullable Path file = named == null || named.isBlank() ? null : Values.path(new Given(named, Commands.CONFIG));
        return Settings.of(Configuration.of(Commands.flags(parsed), environment, ConfigFile.find(file, folder)));
    }
}
