package ai.tutti.cli;

import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.ModelSummary;
import ai.tutti.hub.Sizes;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** Models as a table that fits a hundred columns. */
final class ModelTable {
    private static final String ROW = "%s %10s  %10s  %-12s %8s  %-9s";
    private static final int NAME = 42;

    private final List<ModelSummary> models;
    private final String precision;
    private final Ansi ansi;

    /**
     * A table.
     *
     * @param precision what {@code auto} means on this CPU
     */
    ModelTable(List<ModelSummary> models, String precision, Ansi ansi) {
        this.models = models;
        this.precision = precision;
        this.ansi = ansi;
    }

    String text() {
        var text = new StringBuilder();
        section(text, "Embedding", Kind.EMBEDDING);
        section(text, "Rerank", Kind.RERANK);
        text.append(ansi.string("""
                @|faint on disk: '-' is not here, 'tutti pull NAME' fetches it. precision: what 'auto' means on this CPU;
                'not yet' cannot be served by this version; 'own copy' is served from a folder of yours, as its
                weights were never published. 'tutti models NAME' says how a model is run.|@
                """));
        return text.toString();
    }

    private void section(StringBuilder text, String title, Kind kind) {
        String head = ROW.formatted(pad(title), kind == Kind.EMBEDDING ? "dimensions" : "", "max tokens", "license", "on disk", "precision");
        text.append(ansi.string("@|bold %s|@%n".formatted(head.stripTrailing())));
        models.stream().filter(model -> model.entry().kind() == kind).forEach(model -> text.append(row(model)));
        text.append('\n');
    }

    private String row(ModelSummary model) {
        boolean here = model.folder() != null;
        String name = pad(model.name());
        String row = ROW.formatted(
                here ? "@|green %s|@".formatted(name) : name,
                number(model.dimensions()),
                number(model.maxTokens()),
                model.entry().license().isEmpty() ? "-" : model.entry().license(),
                here ? Sizes.of(model.bytes()) : "-",
                runs(model));
        return ansi.string(row.stripTrailing() + "%n".formatted());
    }

    private String runs(ModelSummary model) {
        if (!model.isServable()) {
            return "not yet";
        }
        return model.entry().published() ? precision : "own copy";
    }

    private static String pad(String text) {
        return String.format(Locale.ROOT, "%-" + NAME + "s", text);
    }

    private static String number(int value) {
        return value == 0 ? "" : "" + value;
    }
}
