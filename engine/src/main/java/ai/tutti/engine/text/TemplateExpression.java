package ai.tutti.engine.text;

import ai.tutti.engine.text.ChatTemplate.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An expression of a template: names, keys, comparisons and the filters that choose among messages. */
@FunctionalInterface
interface TemplateExpression {
    /** @throws IllegalArgumentException with one line about what cannot be done */
    Object value(TemplateScope scope);

    /** @throws IllegalArgumentException with one line about what is not known here */
    static TemplateExpression parse(String text) {
        var reader = new Reader(text);
        var expression = reader.or();
        if (reader.at < reader.tokens.size()) {
            throw new IllegalArgumentException("%.60s is not known here".formatted(text));
        }
        return expression;
    }

    /** Whether a value counts as true. */
    static boolean truth(Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case Long number -> number != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Place place -> throw looks(place);
            default -> false;
        };
    }

    /** A list's items. */
    @SuppressWarnings("unchecked") // a template makes no other lists
    static List<Object> list(Object value) {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        throw new IllegalArgumentException("it takes for a list what is none");
    }

    /** A value as Python writes it. */
    static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Long number -> number.toString();
            case Boolean flag -> flag ? "True" : "False";
            case Place place -> throw looks(place);
            default -> value.equals(TemplateScope.UNDEFINED) ? "" : unwritable();
        };
    }

    private static String unwritable() {
        throw new IllegalArgumentException("it writes a value that is no text");
    }

    private static IllegalArgumentException looks(Place place) {
        return new IllegalArgumentException("it looks into the %s, or changes it".formatted(place.name()));
    }

    /** Reads an expression from left to right. */
    final class Reader {
        private static final Pattern TOKEN = Pattern.compile(
                "\\s*(?:(\"(?:[^\"\\\\]++|\\\\.)*+\"|'(?:[^'\\\\]++|\\\\.)*+')|(\\d+)|(\\w+)|(==|!=|[()\\[\\].,|~+=-]))", Pattern.DOTALL);
        private static final int MOST_TOKENS = 500;

        private final List<String> tokens = new ArrayList<>();
        private int at;

        Reader(String text) {
            var matcher = TOKEN.matcher(text.strip());
            int end = 0;
            while (matcher.find() && matcher.start() == end) {
                tokens.add(matcher.group().strip());
                end = matcher.end();
            }
            if (end < text.strip().length() || tokens.size() > MOST_TOKENS) {
                throw new IllegalArgumentException("%.60s is not known here".formatted(text));
            }
        }

        private TemplateExpression or() {
            var left = and();
            while (take("or")) {
                var first = left;
                var second = and();
                left = scope -> {
                    var value = first.value(scope);
                    return truth(value) ? value : second.value(scope);
                };
            }
            return left;
        }

        private TemplateExpression and() {
            var left = not();
            while (take("and")) {
                var first = left;
                var second = not();
                left = scope -> {
                    var value = first.value(scope);
                    return truth(value) ? second.value(scope) : value;
                };
            }
            return left;
        }

        private TemplateExpression not() {
            if (take("not")) {
                var operand = not();
                return scope -> !truth(operand.value(scope));
            }
            return comparison();
        }

        private TemplateExpression comparison() {
            var left = postfix();
            if (take("==")) {
                return equal(left, postfix(), true);
            }
            if (take("!=")) {
                return equal(left, postfix(), false);
            }
            if (take("is")) {
                boolean wanted = !take("not");
                return test(left, next(), wanted);
            }
            return left;
        }

        private static TemplateExpression equal(TemplateExpression left, TemplateExpression right, boolean wanted) {
            return scope -> same(left.value(scope), right.value(scope)) == wanted;
        }

        private static boolean same(Object a, Object b) {
            if (a instanceof Place place) {
                throw looks(place);
            }
            if (b instanceof Place place) {
                throw looks(place);
            }
            return a.equals(b);
        }

        private static TemplateExpression test(TemplateExpression operand, String name, boolean wanted) {
            return switch (name) {
                case "defined" -> scope -> operand.value(scope).equals(TemplateScope.UNDEFINED) != wanted;
                case "none" -> scope -> operand.value(scope).equals(TemplateScope.NONE) == wanted;
                case "string" -> scope -> isString(operand.value(scope)) == wanted;
                default -> throw new IllegalArgumentException("the test %.40s is not known here".formatted(name));
            };
        }

        private static boolean isString(Object value) {
            return value instanceof String || value instanceof Place;
        }

        private TemplateExpression postfix() {
            var value = primary();
            while (true) {
                if (take(".")) {
                    value = key(value, constant(next()));
                } else if (take("[")) {
                    value = key(value, or());
                    require("]");
                } else if (take("|")) {
                    value = filter(value, next());
                } else {
                    return value;
                }
            }
        }

        private TemplateExpression primary() {
            if (take("(")) {
                var inner = or();
                require(")");
                return inner;
            }
            if (take("-")) {
                var number = next();
                return constant(-Long.parseLong(requireNumber(number)));
            }
            var token = next();
            char first = token.charAt(0);
            if (first == '"' || first == '\'') {
                return constant(unquote(token));
            }
            if (Character.isDigit(first)) {
                return constant(Long.parseLong(requireNumber(token)));
            }
            if (!Character.isLetter(first) && first != '_') {
                throw new IllegalArgumentException("%.20s stands where a value should".formatted(token));
            }
            return switch (token) {
                case "true", "True" -> constant(true);
                case "false", "False" -> constant(false);
                case "none", "None" -> constant(TemplateScope.NONE);
                default -> scope -> scope.get(token);
            };
        }

        private static String requireNumber(String token) {
            if (!token.matches("\\d{1,9}")) {
                throw new IllegalArgumentException("%.20s stands where a number should".formatted(token));
            }
            return token;
        }

        private static TemplateExpression constant(Object value) {
            return scope -> value;
        }

        private static String unquote(String token) {
            var text = new StringBuilder();
            for (int i = 1; i < token.length() - 1; i++) {
                char c = token.charAt(i);
                if (c == '\\') {
                    c = switch (token.charAt(++i)) {
                        case 'n' -> '\n';
                        case 't' -> '\t';
                        case '\\' -> '\\';
                        case '"' -> '"';
                        case '\'' -> '\'';
                        default -> throw new IllegalArgumentException("a text with \\%s is not known here".formatted(token.charAt(i)));
                    };
                }
                text.append(c);
            }
            return text.toString();
        }

        private static TemplateExpression key(TemplateExpression holder, TemplateExpression key) {
            return scope -> key(holder.value(scope), key.value(scope));
        }

        private static Object key(Object holder, Object key) {
            if (holder instanceof Map<?, ?> map && key instanceof String name) {
                var value = map.get(name);
                return value == null ? TemplateScope.UNDEFINED : value;
            }
            if (holder instanceof List<?> && key instanceof Long index) {
                var list = list(holder);
                int place = (int) (index < 0 ? list.size() + index : index);
                return place >= 0 && place < list.size() ? list.get(place) : TemplateScope.UNDEFINED;
            }
            if (holder instanceof Place place) {
                throw looks(place);
            }
            throw new IllegalArgumentException("it asks a value for a key that it cannot have");
        }

        private TemplateExpression filter(TemplateExpression input, String name) {
            var arguments = new ArrayList<TemplateExpression>();
            var named = new HashMap<String, TemplateExpression>();
            if (take("(")) {
                while (!take(")")) {
                    if (at + 1 < tokens.size() && tokens.get(at + 1).equals("=")) {
                        var key = next();
                        require("=");
                        named.put(key, or());
                    } else {
                        arguments.add(or());
                    }
                    if (!take(",")) {
                        require(")");
                        break;
                    }
                }
            }
            return switch (name) {
                case "first" -> scope -> key(list(input.value(scope)), 0L);
                case "last" -> scope -> key(list(input.value(scope)), -1L);
                case "list" -> scope -> list(input.value(scope));
                case "default", "d" -> byDefault(input, argument(arguments, 0, name), arguments.size() > 1);
                case "map" -> map(input, named.get("attribute"));
                case "selectattr" -> choose(input, arguments, name, true);
                case "rejectattr" -> choose(input, arguments, name, false);
                default -> throw new IllegalArgumentException("the filter %.40s is not known here".formatted(name));
            };
        }

        private static TemplateExpression argument(List<TemplateExpression> arguments, int index, String filter) {
            if (index >= arguments.size()) {
                throw new IllegalArgumentException("the filter %s lacks an argument".formatted(filter));
            }
            return arguments.get(index);
        }

        private static TemplateExpression byDefault(TemplateExpression input, TemplateExpression other, boolean alsoEmpty) {
            return scope -> {
                var value = input.value(scope);
                boolean missing = value.equals(TemplateScope.UNDEFINED) || (alsoEmpty && !truth(value));
                return missing ? other.value(scope) : value;
            };
        }

        private static TemplateExpression map(TemplateExpression input, @Nullable TemplateExpression attribute) {
            if (attribute == null) {
                throw new IllegalArgumentException("the filter map is known here with attribute= alone");
            }
            return scope -> {
                var name = attribute.value(scope);
                return list(input.value(scope)).stream().map(item -> key(item, name)).toList();
            };
        }

        private static TemplateExpression choose(
                TemplateExpression input, List<TemplateExpression> arguments, String filter, boolean wanted) {
            var attribute = argument(arguments, 0, filter);
            var test = argument(arguments, 1, filter);
            var value = argument(arguments, 2, filter);
            return scope -> {
                if (!List.<Object>of("equalto", "eq", "==").contains(test.value(scope))) {
                    throw new IllegalArgumentException("the filter %s is known here with 'equalto' alone".formatted(filter));
                }
                return list(input.value(scope)).stream()
                        .filter(item -> same(key(item, attribute.value(scope)), value.value(scope)) == wanted)
                        .toList();
            };
        }

        private boolean take(String token) {
            boolean there = at < tokens.size() && tokens.get(at).equals(token);
            at += there ? 1 : 0;
            return there;
        }

        private void require(String token) {
            if (!take(token)) {
                throw new IllegalArgumentException("%s is missing".formatted(token));
            }
        }

        private String next() {
            if (at >= tokens.size()) {
                throw new IllegalArgumentException("an expression breaks off");
            }
            return tokens.get(at++);
        }
    }
}
