package ai.tutti.engine.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template, as far as the templates of rerankers go: the part of Jinja that puts messages into a fixed text. It is
 * rendered with places in the stead of the messages' contents ({@link Place}), so that it is known where in the prompt they
 * stand. What would look into them, or is not known here, is refused by name: a prompt is right or not at all.
 *
 * <p>White space is treated as transformers has it: {@code trim_blocks}, {@code lstrip_blocks}, and no line break at the end.
 */
public final class ChatTemplate {
    /** A part of a rendered template: a text, or a {@link Place}. */
    public sealed interface Part {}

    /** The template's own text. */
    public record Text(String text) implements Part {}

    /** Where a message's content stands. */
    public record Place(String name) implements Part {}

    /**
     * A message.
     *
     * @param content a {@link Place} or a {@link String}; alone or, in the newer form, in a list of maps
     */
    public record Message(String role, Object content) {}

    private static final String TAGS = "{%#";

    private final List<TemplateNode> nodes;

    private ChatTemplate(List<TemplateNode> nodes) {
        this.nodes = nodes;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException with one line about what in it is not known here
     */
    public static ChatTemplate parse(String source) {
        return new ChatTemplate(TemplateNode.parse(pieces(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source)));
    }

    /** What stands in a template's source: text, or what is between {@code {{ }}} or {@code {% %}}. */
    record Piece(Kind kind, String content) {
        enum Kind {
            TEXT,
            OUTPUT,
            BLOCK
        }
    }

    private static List<Piece> pieces(String source) {
        var pieces = new ArrayList<Piece>();
        boolean atLineStart = true;
        int from = 0;
        while (true) {
            int open = tag(source, from);
            var text = open < 0 ? source.substring(from) : source.substring(from, open);
            if (open < 0) {
                pieces.add(new Piece(Piece.Kind.TEXT, text));
                return pieces;
            }
            char kind = source.charAt(open + 1);
            char modifier = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
            pieces.add(new Piece(Piece.Kind.TEXT, before(text, kind, modifier, atLineStart)));
            int close = close(source, open + 2, kind);
            int end = close + 2;
            char last = source.charAt(close - 1);
            int begin = modifier == '-' || modifier == '+' ? open + 3 : open + 2;
            var content = source.substring(begin, Math.max(begin, last == '-' || last == '+' ? close - 1 : close)).strip();
            if (kind != '#') {
                pieces.add(new Piece(kind == '{' ? Piece.Kind.OUTPUT : Piece.Kind.BLOCK, content));
            }
            from = behind(source, end, kind, last);
            atLineStart = from > end && source.charAt(from - 1) == '\n';
        }
    }

    private static int tag(String source, int from) {
        for (int i = from; i + 1 < source.length(); i++) {
            if (source.charAt(i) == '{' && TAGS.indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static String before(String text, char kind, char modifier, boolean atLineStart) {
        if (modifier == '-') {
            return text.stripTrailing();
        }
        int line = text.lastIndexOf('\n') + 1;
        boolean strips = kind != '{' && modifier != '+' && text.substring(line).isBlank() && (line > 0 || atLineStart);
        return strips ? text.substring(0, line) : text;
    }

    /** Where the text behind a tag begins. */
    private static int behind(String source, int end, char kind, char last) {
        int from = end;
        if (last == '-') {
            while (from < source.length() && Character.isWhitespace(source.charAt(from))) {
                from++;
            }
        } else if (kind != '{' && last != '+' && source.startsWith("\n", from)) {
            from++;
        }
        return from;
    }

    private static int close(String source, int from, char kind) {
        var close = (kind == '{' ? "}" : String.valueOf(kind)) + "}";
        char quote = 0;
        for (int i = from; i + 1 < source.length(); i++) {
            char c = source.charAt(i);
            if (quote == 0 && source.startsWith(close, i)) {
                return i;
            }
            if (kind != '#' && quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (quote != 0 && c == '\\') {
                i++;
            } else if (c == quote) {
                quote = 0;
            }
        }
        throw new IllegalArgumentException("a tag is not closed");
    }

    /**
     * Puts messages into it.
     *
     * @return neighbouring texts are one
     * @throws IllegalArgumentException with one line about what cannot be done with these messages
     */
    public List<Part> render(List<Message> messages) {
        var all = messages.stream()
                .map(message -> (Object) Map.of("role", message.role(), "content", message.content()))
                .toList();
        var scope = new TemplateScope(null);
        scope.set("messages", all);
        scope.set("add_generation_prompt", false);
        scope.set("tools", TemplateScope.NONE);
        scope.set("documents", TemplateScope.NONE);
        var parts = new ArrayList<Part>();
        for (var node : nodes) {
            node.render(scope, parts);
        }
        return merged(parts);
    }

    private static List<Part> merged(List<Part> parts) {
        var merged = new ArrayList<Part>();
        for (var part : parts) {
            if (part instanceof Text(var text) && !merged.isEmpty() && merged.getLast() instanceof Text(var before)) {
                merged.set(merged.size() - 1, new Text(before + text));
            } else if (!(part instanceof Text(var text) && text.isEmpty())) {
                merged.add(part);
            }
        }
        return merged;
    }
}
