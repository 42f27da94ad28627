package ai.tutti.cli.files;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a reader of an HTML page sees, more or less: without tags, comments, scripts and styles, a line for each block, common
 * entities as their characters. No parser of HTML: what it takes for text in a broken page may be markup.
 */
final class HtmlText {
    private static final Pattern UNSEEN = Pattern.compile(
            "<!--.*?(?:-->|\\z)|<(script|style|template|noscript)\\b.*?(?:</\\1\\s*>|\\z)", Pattern.DOTALL | Pattern.CASE_INSENSITIVE);
    private static final Pattern PARAGRAPH = Pattern.compile(
            "</?(?:p|div|h[1-6]|ul|ol|dl|table|section|article|header|footer|main|nav|aside|blockquote|pre|figure|form|title)\\b[^<>]*>",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern LINE = Pattern.compile("</?(?:br|li|dt|dd|tr|hr|option)\\b[^<>]*>", Pattern.CASE_INSENSITIVE);
    private static final Pattern CELL = Pattern.compile("</?(?:td|th)\\b[^<>]*>", Pattern.CASE_INSENSITIVE);
    private static final Pattern TAG = Pattern.compile("<[/!?a-zA-Z][^<>]*>");
    private static final Pattern ENTITY = Pattern.compile("&(#\\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});");
    private static final Pattern BLANKS = Pattern.compile("[ \\t\\x0B\\f\\r\\u00a0]+");
    private static final Pattern AROUND_LINES = Pattern.compile(" ?\\n ?");
    private static final Pattern MANY_LINES = Pattern.compile("\\n{3,}");

    private static final Map<String, String> NAMED = named();

    private HtmlText() {}

    static String of(String html) {
        String text = UNSEEN.matcher(html).replaceAll(" ");
        text = BLANKS.matcher(text.replace('\n', ' ')).replaceAll(" ");
        text = PARAGRAPH.matcher(text).replaceAll("\n\n");
        text = LINE.matcher(text).replaceAll("\n");
        text = CELL.matcher(text).replaceAll(" ");
        text = TAG.matcher(text).replaceAll("");
        text = ENTITY.matcher(text).replaceAll(entity -> Matcher.quoteReplacement(character(entity.group(1), entity.group())));
        text = AROUND_LINES.matcher(BLANKS.matcher(text).replaceAll(" ")).replaceAll("\n");
        return MANY_LINES.matcher(text).replaceAll("\n\n").strip();
    }

    private static String character(String name, String whole) {
        if (!name.startsWith("#")) {
            return NAMED.getOrDefault(name, whole);
        }
        boolean hex = Character.toLowerCase(name.charAt(1)) == 'x';
        int point = Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10);
        boolean shown = Character.isValidCodePoint(point) && (point >= ' ' || point == '\n' || point == '\t') && !isSurrogate(point);
        return shown ? Character.toString(point) : " ";
    }

    private static boolean isSurrogate(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    private static Map<String, String> named() {
        String list = "amp & lt < gt > quot \" apos ' nbsp \u00a0 copy © reg ® trade ™ hellip … ndash – mdash — lsquo ‘ rsquo ’ "
                + "sbquo ‚ ldquo “ rdquo ” bdquo „ laquo « raquo » bull • middot · times × divide ÷ plusmn ± deg ° euro € pound £ "
                + "cent ¢ yen ¥ sect § para ¶ larr ← rarr → uarr ↑ darr ↓ harr ↔ le ≤ ge ≥ ne ≠ infin ∞ micro µ frac12 ½ "
                + "Auml Ä auml ä Ouml Ö ouml ö Uuml Ü uuml ü szlig ß eacute é egrave è ecirc ê agrave à aacute á acirc â aring å "
                + "aelig æ oslash ø ccedil ç ntilde ñ iacute í icirc î oacute ó ocirc ô uacute ú ucirc û Eacute É Ccedil Ç shy \u00ad";
        var named = new HashMap<String, String>();
        String[] words = list.split(" ");
        for (int i = 0; i < words.length; i += 2) {
            named.put(words[i], words[i + 1]);
        }
        return Map.copyOf(named);
    }

    /** Whether a file of that name is a page. */
    static boolean isNamed(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".html") || lower.endsWith(".htm") || lower.endsWith(".xhtml");
    }
}
