package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.RerankPrompt;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ScoreActivation;
import ai.tutti.engine.checkpoint.SentenceModule;
import ai.tutti.hub.CatalogueEntry;
import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.ModelSummary;
import ai.tutti.hub.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** How one model is run, on a page for people that fits a hundred columns. */
final class ModelPage {
    private static final int WIDTH = 98;
    private static final int LABEL = 12;
    private static final int FILES = 6;

    private final ModelSummary model;
    private final String precision;
    private final Ansi ansi;
    private final StringBuilder text = new StringBuilder();
    private String last = "";

    /**
     * A page.
     *
     * @param precision what {@code auto} means on this CPU
     */
    ModelPage(ModelSummary model, String precision, Ansi ansi) {
        this.model = model;
        this.precision = precision;
        this.ansi = ansi;
    }

    String text() {
        CatalogueEntry entry = model.entry();
        text.append(ansi.string("@|bold %s|@%n".formatted(model.name())));
        line("kind", kind());
        line(entry.kind() == Kind.EMBEDDING ? "vector" : "score", entry.kind() == Kind.EMBEDDING ? vector() : score());
        line("texts", model.maxTokens() == 0 ? "" : limit());
        line("precision", model.isServable() ? precision + " on this CPU, unless --precision says otherwise" : "");
        prompts();
        line("asked by", entry.template() == null ? "" : "the prompt %s, unless template: names another".formatted(entry.template()));
        line("tokenizer", entry.tokenizer() == null ? "" : entry.tokenizer() + ", also where the folder holds another");
        files();
        line("license", entry.license());
        line("link", entry.link());
        entry.traps().forEach(trap -> line("note", trap));
        if (model.folder() != null && model.entry().kind() == Kind.EMBEDDING && model.folder().assumedPooling()) {
            line("note", "Its folder has no modules.json; mean pooling is assumed, as sentence-transformers does.");
        }
        if (!model.isServable() && entry.published()) {
            line("note", "This version of Tutti cannot serve it: it does not compute models of type \"%s\"."
                    .formatted(model.family()));
        }
        return text.toString();
    }

    private String kind() {
        long parameters = model.entry().parameters();
        return "%s, %s%s".formatted(
                model.entry().kind() == Kind.EMBEDDING ? "embedding model" : "reranker",
                model.family().isEmpty() ? "unknown family" : "family " + model.family(),
                parameters == 0 ? "" : ", " + parameters(parameters));
    }

    private static String parameters(long count) {
        return count >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f billion parameters", count / 1e9)
                : "%d million parameters".formatted(Math.round(count / 1e6));
    }

    private String vector() {
        ModelFolder folder = model.folder();
        String dimensions = "%d dimensions".formatted(model.dimensions());
        String shorter = Boolean.TRUE.equals(model.entry().matryoshka()) ? ", or fewer on request" : "";
        if (folder == null) {
            return dimensions + shorter;
        }
        boolean normalized = !folder.modules().isEmpty() && folder.modules().getLast() instanceof SentenceModule.Normalize;
        return "%s%s; %s%s; compared by %s".formatted(
                dimensions,
                shorter,
                String.join(", ", ModelFacts.modules(folder)),
                normalized ? "" : "; not brought to length 1",
                folder.similarity().name().toLowerCase(Locale.ROOT));
    }

    private String score() {
        ModelFolder folder = model.folder();
        String template = model.entry().template();
        RerankPrompt prompt = template == null ? null : RerankPrompt.named(template);
        if (folder == null && prompt == null) {
            return "";
        }
        ScoreActivation activation = prompt == null ? requireNonNull(folder).scoreActivation() : prompt.activation();
        return activation == ScoreActivation.SIGMOID
                ? "from 0 to 1, a sigmoid of the logit"
                : "the raw logit, of either sign";
    }

    private String limit() {
        ModelFolder folder = model.folder();
        String room = folder == null || folder.positions() == model.maxTokens()
                ? ""
                : ", though there is room for %,d".formatted(folder.positions());
        return "up to %,d tokens%s".formatted(model.maxTokens(), room);
    }

    private void prompts() {
        ModelFolder folder = model.folder();
        String chosen = folder == null ? null : folder.defaultPromptName();
        for (Map.Entry<String, String> prompt : ModelFacts.prompts(model).entrySet()) {
            String said = prompt.getValue().isEmpty() ? "none" : "\"" + prompt.getValue().replace("\n", "\\n") + "\"";
            line("prompt", "%s: %s%s".formatted(prompt.getKey(), said, prompt.getKey().equals(chosen) ? " (by default)" : ""));
        }
    }

    private void files() {
        ModelFolder folder = model.folder();
        if (folder == null) {
            String how = model.entry().published()
                    ? "not here; tutti pull %s fetches them"
                    : "never published; serve your own copy by --model %s=FOLDER";
            line("files", how.formatted(model.name()));
            return;
        }
        List<String> largest = model.files().entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(FILES)
                .map(file -> "%s %s".formatted(file.getKey(), Sizes.of(file.getValue())))
                .toList();
        int more = model.files().size() - largest.size();
        line("files", "%s in %s: %s%s".formatted(
                Sizes.of(model.bytes()), folder.path(), String.join(", ", largest), more == 0 ? "" : " and %d more".formatted(more)));
    }

    /** A label and a text beside it, broken at spaces; nothing where the text is empty. A label that stands above is not repeated. */
    private void line(String label, String content) {
        if (content.isEmpty()) {
            return;
        }
        boolean again = label.equals(last);
        last = label;
        List<String> lines = wrap(content, WIDTH - LABEL - 2);
        for (int i = 0; i < lines.size(); i++) {
            String shown = i == 0 && !again ? label : "";
            text.append("  ").append(String.format(Locale.ROOT, "%-" + LABEL + "s", shown)).append(lines.get(i)).append("%n".formatted());
        }
    }

    private static List<String> wrap(String content, int width) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (String word : content.split("(?<= )")) {
            if (line.length() + word.stripTrailing().length() > width && !line.isEmpty()) {
                lines.add(line.toString().stripTrailing());
                line.setLength(0);
            }
            line.append(word);
        }
        lines.add(line.toString().stripTrailing());
        return lines;
    }
}
