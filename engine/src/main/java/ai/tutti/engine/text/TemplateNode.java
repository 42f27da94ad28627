package ai.tutti.engine.text;

import ai.tutti.engine.text.ChatTemplate.Part;
import ai.tutti.engine.text.ChatTemplate.Piece;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A piece of a template that has been read: text, an expression's value, {@code set}, {@code if} or {@code for}. */
@FunctionalInterface
interface TemplateNode {
    /** Nested deeper than this is no template of a prompt. */
    int MOST_NESTED = 50;

    Pattern SET = Pattern.compile("set\\s+(\\w+)\\s*=(?!=)\\s*(.+)", Pattern.DOTALL);
    Pattern FOR = Pattern.compile("for\\s+(\\w+)\\s+in\\s+(.+)", Pattern.DOTALL);

    /** Adds what it gives to the parts. */
    void render(TemplateScope scope, List<Part> parts);

    /** @throws IllegalArgumentException with one line about what is not known here */
    static List<TemplateNode> parse(List<Piece> pieces) {
        var reader = new Reader(pieces.iterator());
        var nodes = reader.nodes(0);
        if (!reader.end.isEmpty()) {
            throw new IllegalArgumentException("%.40s stands where nothing is open".formatted(reader.end));
        }
        return nodes;
    }

    /** Reads pieces up to the block that ends what is open. */
    final class Reader {
        private final Iterator<Piece> pieces;
        /** The block that ended the last list of nodes; empty at the end of the template. */
        private String end = "";

        Reader(Iterator<Piece> pieces) {
            this.pieces = pieces;
        }

        private List<TemplateNode> nodes(int depth) {
            if (depth > MOST_NESTED) {
                throw new IllegalArgumentException("its blocks are nested too deeply");
            }
            var nodes = new ArrayList<TemplateNode>();
            while (pieces.hasNext()) {
                var piece = pieces.next();
                switch (piece.kind()) {
                    case TEXT -> nodes.add((scope, parts) -> parts.add(new ChatTemplate.Text(piece.content())));
                    case OUTPUT -> nodes.add(output(TemplateExpression.parse(piece.content())));
                    case BLOCK -> {
                        if (piece.content().matches("(?s)(end(if|for)|else|elif\\b.*)")) {
                            end = piece.content();
                            return nodes;
                        }
                        nodes.add(block(piece.content(), depth));
                    }
                }
            }
            end = "";
            return nodes;
        }

        private TemplateNode block(String content, int depth) {
            var set = SET.matcher(content);
            if (set.matches()) {
                var value = TemplateExpression.parse(set.group(2));
                var name = set.group(1);
                return (scope, parts) -> scope.set(name, value.value(scope));
            }
            var loop = FOR.matcher(content);
            if (loop.matches()) {
                return loop(loop.group(1), TemplateExpression.parse(loop.group(2)), depth);
            }
            if (content.startsWith("if ")) {
                return choice(TemplateExpression.parse(content.substring(3)), depth);
            }
            throw new IllegalArgumentException("{%% %.40s %%} is not known here".formatted(content));
        }

        private TemplateNode choice(TemplateExpression condition, int depth) {
            var then = nodes(depth + 1);
            List<TemplateNode> otherwise = List.of();
            if (end.startsWith("elif")) {
                otherwise = List.of(choice(TemplateExpression.parse(end.substring(4)), depth + 1));
            } else {
                if (end.equals("else")) {
                    otherwise = nodes(depth + 1);
                }
                expect("endif");
            }
            var no = otherwise;
            return (scope, parts) -> {
                for (var node : TemplateExpression.truth(condition.value(scope)) ? then : no) {
                    node.render(scope, parts);
                }
            };
        }

        private TemplateNode loop(String name, TemplateExpression list, int depth) {
            var body = nodes(depth + 1);
            expect("endfor");
            return (scope, parts) -> {
                var items = TemplateExpression.list(list.value(scope));
                for (int i = 0; i < items.size(); i++) {
                    var inner = new TemplateScope(scope);
                    inner.set(name, items.get(i));
                    inner.set(
                            "loop",
                            Map.<String, Object>of(
                                    "first", i == 0, "last", i == items.size() - 1, "index0", (long) i, "index", i + 1L));
                    for (var node : body) {
                        node.render(inner, parts);
                    }
                }
            };
        }

        private void expect(String wanted) {
            if (!end.equals(wanted)) {
                throw new IllegalArgumentException("{%% %s %%} is missing".formatted(wanted));
            }
        }

        private static TemplateNode output(TemplateExpression expression) {
            return (scope, parts) -> {
                var value = expression.value(scope);
                if (value instanceof Part part) {
                    parts.add(part);
                } else {
                    parts.add(new ChatTemplate.Text(TemplateExpression.text(value)));
                }
            };
        }
    }
}
