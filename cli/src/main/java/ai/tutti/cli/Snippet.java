package ai.tutti.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** The lines of a passage that show best why it was found. */
final class Snippet {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
    private static final String BOLD = "\u001b[1;33m";
    private static final String PLAIN = "\u001b[0m";
    private static final String BEFORE = "… ";
    private static final String AFTER = " …";

    private Snippet() {}

    /** At most so many lines of the width, in a row, with as many of the query's words as can be. */
    static List<String> of(String text, String query, int width, int most) {
        List<String> lines = wrap(text, width);
        if (lines.size() > most) {
            lines = wrap(text, width - BEFORE.length());
        }
        Set<String> words = words(query);
        int best = 0;
        long mostFound = -1;
        for (int first = 0; first == 0 || first + most <= lines.size(); first++) {
            String shown = String.join(" ", lines.subList(first, Math.min(lines.size(), first + most)));
            long found = words(shown).stream().filter(words::contains).count();
            if (found > mostFound) {
                mostFound = found;
                best = first;
            }
        }
        int end = Math.min(lines.size(), best + most);
        var snippet = new ArrayList<>(lines.subList(best, end));
        if (best > 0) {
            snippet.set(0, BEFORE + snippet.getFirst());
        }
        if (end < lines.size()) {
            String last = Display.clip(snippet.getLast(), width - AFTER.length());
            snippet.set(snippet.size() - 1, last.endsWith("…") ? last : last + AFTER);
        }
        return snippet;
    }

    private static List<String> wrap(String text, int width) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        int used = 0;
        for (String word : text.strip().split("\\s+")) {
            String shown = Display.clip(word, width);
            int columns = shown.codePoints().map(Display::width).sum();
            if (!line.isEmpty() && used + 1 + columns > width) {
                lines.add(line.toString());
                line.setLength(0);
                used = 0;
            }
            if (!line.isEmpty()) {
                line.append(' ');
                used++;
            }
            line.append(shown);
            used += columns;
        }
        lines.add(line.toString());
        return lines;
    }

    /** The query's words in another colour, where there are colours. */
    static String highlight(String line, String query, Ansi ansi) {
        if (!ansi.enabled()) {
            return line;
        }
        Set<String> words = words(query);
        return WORD.matcher(line).replaceAll(word -> Matcher.quoteReplacement(
                words.contains(word.group().toLowerCase(Locale.ROOT)) ? BOLD + word.group() + PLAIN : word.group()));
    }

    /** Words of some length: the short ones stand everywhere. */
    private static Set<String> words(String text) {
        return WORD.matcher(text).results()
                .map(word -> word.group().toLowerCase(Locale.ROOT))
                .filter(word -> word.length() > 2)
                .collect(Collectors.toSet());
    }
}
