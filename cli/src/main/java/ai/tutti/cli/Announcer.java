package ai.tutti.cli;

import static java.util.stream.Collectors.joining;

import ai.tutti.hub.Catalogue;
import ai.tutti.hub.CatalogueEntry;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ChatSettings;
import ai.tutti.server.ModelState;
import ai.tutti.server.ModelStatus;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.TuttiServer;
import java.io.PrintStream;
import java.time.Duration;
import picocli.CommandLine.Help.Ansi;

/** What {@code tutti serve} says on the console: a few lines at the start, one at the end. */
final class Announcer {
    private final PrintStream out;
    private final Ansi ansi;

    Announcer(PrintStream out, Ansi ansi) {
        this.out = out;
        this.ansi = ansi;
    }

    void starting(ServerSettings settings) {
        String models = settings.models().stream().map(ModelSpec::name).collect(joining(", "));
        say("@|bold Tutti|@ %s, loading %s".formatted(Version.current(), models));
        String others = settings.modelSettings().keySet().stream()
                .filter(name -> settings.models().stream().noneMatch(model -> model.name().equals(name)))
                .sorted()
                .collect(joining(", "));
        if (!others.isEmpty()) {
            say("Not served, though the configuration file describes it: " + others);
        }
        ChatSettings chat = settings.chat();
        if (chat.upstream() != null) {
            say("Chat completions are answered by @|bold %s|@, %s".formatted(chat.upstream(), names(chat)));
        }
    }

    void serving(TuttiServer server, ServerSettings settings, Duration loading) {
        say("");
        server.models().forEach(this::model);
        long cache = settings.traffic().cacheBytes();
        if (cache > 0) {
            say("Results of texts are kept, in up to %,d MB".formatted(Math.max(1, cache >> 20)));
        }
        say("Loaded in %.1f s. CPU: %s, %s".formatted(loading.toMillis() / 1e3, server.cpu(), threads(settings)));
        String base = "http://%s:%d".formatted(reachable(settings.host()), server.port());
        say("Listening on @|bold %s|@, %s".formatted(base, keys(settings)));
        say("");
        say("Try it:");
        say("  curl %s/v1/embeddings -H 'content-type: application/json' \\".formatted(base));
        if (!settings.apiKeys().isEmpty()) {
            say("    -H 'authorization: Bearer YOUR_KEY' \\");
        }
        say("    -d '{\"model\": \"%s\", \"input\": \"All together now\"}'".formatted(server.models().getFirst().name()));
        out.flush();
    }

    void stopping() {
        say("");
        say("Stopping: answering what is under way.");
    }

    private void model(ModelStatus model) {
        say("  @|bold,green %s|@".formatted(model.name()));
        String dimensions = model.dimensions() == null ? "" : model.dimensions() + " dimensions, ";
        say("    %sup to %,d tokens a text, %s, %s"
                .formatted(dimensions, model.maxTokens(), model.precision().wireName(), weights(model)));
        if (model.note() != null) {
            say("    note: " + model.note());
        }
        for (String alias : model.aliases()) {
            say("    also answers as %s%s".formatted(alias, unpublished(alias)));
        }
        say("");
    }

    /** A name that stands for a model of which nobody can have the weights says so. */
    private static String unpublished(String alias) {
        CatalogueEntry entry = Catalogue.find(alias);
        return entry == null || entry.published() ? "" : ", whose own weights were never published: the scores are this model's";
    }

    private static String weights(ModelStatus model) {
        long megabytes = model.weightBytes() >> 20;
        return model.state() == ModelState.LOADED
                ? "%d MB of weights".formatted(megabytes)
                : "about %d MB of weights, loaded when it is first asked for".formatted(megabytes);
    }

    private static String threads(ServerSettings settings) {
        return settings.threads() == 1 ? "1 thread" : settings.threads() + " threads";
    }

    private static String names(ChatSettings chat) {
        return chat.models().isEmpty()
                ? "under its own models' names"
                : chat.models().entrySet().stream()
                        .map(name -> name.getKey() + " by " + name.getValue())
                        .collect(joining(", "));
    }

    private static String keys(ServerSettings settings) {
        return switch (settings.apiKeys().size()) {
            case 0 -> "every API key is accepted";
            case 1 -> "one API key is accepted";
            default -> settings.apiKeys().size() + " API keys are accepted";
        };
    }

    /** An address that a client on this machine can use. */
    private static String reachable(String host) {
        if (host.equals("0.0.0.0") || host.equals("::")) {
            return "127.0.0.1";
        }
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private void say(String line) {
        out.println(ansi.string(line));
    }
}
