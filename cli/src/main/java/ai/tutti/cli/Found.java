package ai.tutti.cli;

import ai.tutti.cli.files.TextFile;
import ai.tutti.search.Hit;
import ai.tutti.search.Passage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;

/** Passages that were found, for people and for programs. */
final class Found {
    private static final int LINES = 3;

    private final Surroundings surroundings;
    private final String query;

    Found(Surroundings surroundings, String query) {
        this.surroundings = surroundings;
        this.query = query;
    }

    /** Prints hits with their scores, places and a snippet each. */
    void print(List<Hit> hits) {
        PrintStream out = surroundings.out();
        Ansi ansi = Terminal.ansi();
        int digits = String.valueOf(hits.size()).length();
        int rank = 0;
        for (Hit hit : hits) {
            rank++;
            String number = String.format(Locale.ROOT, "%" + digits + "d", rank);
            out.println(number + " " + Display.score(hit.score()) + "  " + bold(ansi, place(hit.passage())));
            String indent = " ".repeat(digits + 10);
            for (String line : Snippet.of(hit.passage().text(), query, Terminal.columns() - digits - 11, LINES)) {
                out.println(indent + Snippet.highlight(line, query, ansi));
            }
        }
    }

    /** Prints the sources of an answer, numbered as it names them. */
    void printSources(List<Hit> sources) {
        PrintStream out = surroundings.out();
        int rank = 0;
        for (Hit source : sources) {
            rank++;
            String place = "[%d] %s".formatted(rank, place(source.passage()));
            int room = Terminal.columns() - place.length() - 3;
            out.println(place + (room > 20 ? "  " + Display.clip(source.passage().text(), room) : ""));
        }
    }

    /** As programs read them. */
    List<Map<String, Object>> json(List<Hit> hits) {
        var all = new ArrayList<Map<String, Object>>();
        for (Hit hit : hits) {
            Passage passage = hit.passage();
            var found = new LinkedHashMap<String, Object>();
            found.put("score", hit.score());
            found.put("path", passage.documentId());
            Integer line = line(passage);
            if (line != null) {
                found.put("line", line);
            }
            found.put("start", passage.start());
            found.put("end", passage.end());
            found.put("text", passage.text());
            found.put("metadata", passage.metadata());
            all.add(found);
        }
        return all;
    }

    private String place(Passage passage) {
        Integer line = line(passage);
        return Display.clip(shown(Path.of(passage.documentId()), surroundings), 200) + (line == null ? "" : ":" + line);
    }

    /** The line on which a passage begins; null where the file is another one by now, or its text is not its lines. */
    private static @Nullable Integer line(Passage passage) {
        try {
            Path file = Path.of(passage.documentId());
            boolean there = Files.isRegularFile(file) && Files.size(file) <= TextFile.LARGEST;
            String text = there ? Files.readString(file) : "";
            if (!there || !text.startsWith(passage.text(), passage.start())) {
                return null;
            }
            return 1 + (int) text.substring(0, passage.start()).chars().filter(c -> c == '\n').count();
        } catch (IOException e) {
            return null;
        }
    }

    private static String bold(Ansi ansi, String text) {
        return ansi.enabled() ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    /** A path as people write it: from the working directory where it lies below that. */
    static String shown(Path path, Surroundings surroundings) {
        Path here = surroundings.folder().toAbsolutePath().normalize();
        return path.startsWith(here) && !path.equals(here) ? here.relativize(path).toString() : path.toString();
    }
}
