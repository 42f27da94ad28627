package ai.tutti.hub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Varied texts: many languages and kinds, every length from none to far over the model's limit. */
final class SampleTexts {
    private static final List<String> SENTENCES = List.of(
            "Our solar system orbits the Milky Way galaxy at about 515,000 mph.",
            "What is the capital of France?",
            "The llama is a domesticated South American camelid, widely used as a meat and pack animal by Andean cultures.",
            "How do I reset my password?",
            "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
            "SELECT name, count(*) FROM users WHERE age > 30 GROUP BY name HAVING count(*) > 1;",
            "public static void main(String[] args) { System.out.println(\"hello\"); }",
            "Der schnelle braune Fuchs springt über den faulen Hund, während die Bäume im Wind rauschen.",
            "Le cœur a ses raisons que la raison ne connaît point.",
            "El niño comió piñas mañana por la mañana en el jardín.",
            "人工智能正在改变世界。",
            "東京は日本の首都です。",
            "Привет, как дела? Сегодня хорошая погода.",
            "مرحبا بالعالم",
            "שלום עולם",
            "नमस्ते दुनिया",
            "Emoji: 👍🏽 👩‍👩‍👧‍👦 🇫🇷 🎉 — and text after them.",
            "ﬁne ligatures, ½ fractions, № and ℡ signs, ｆｕｌｌｗｉｄｔｈ letters",
            "E = mc² and ∑ᵢ xᵢ ≤ ∞ for all x ∈ ℝ",
            "tabs\tand\nnew lines\r\nand   many     spaces",
            "[SEP] and [MASK] as they stand in a text",
            "https://example.com/path?query=1&other=two#fragment",
            "ALL CAPITAL LETTERS SHOUTING AT THE READER!!!",
            "don't can't won't it's they're I'd we've",
            "3.14159265358979 2,718,281 0x1F 1e-12 -40°C",
            "The quick brown fox jumps over the lazy dog",
            "In 1969 humans first walked on the Moon; the mission was called Apollo 11.",
            "The mitochondria is the powerhouse of the cell.",
            "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer.",
            "A recipe for bread: flour, water, salt and yeast; knead for ten minutes, rest for an hour, bake at 230 degrees.",
            "Interest rates rose by 25 basis points after the central bank's meeting on Thursday.",
            "The patient presented with acute chest pain radiating to the left arm.",
            "x", ".", "!?", " ", "", "a\u0000b", "\u00a0", "naïve café résumé coöperate");

    private SampleTexts() {}

    /** Every third of some texts in a run as on an older CPU, where they take several times as long; all of them elsewhere. */
    static List<String> forThisCpu(List<String> texts) {
        int step = asOnAnOlderCpu() ? 3 : 1;
        return IntStream.iterate(0, i -> i < texts.size(), i -> i + step).mapToObj(texts::get).toList();
    }

    static boolean asOnAnOlderCpu() {
        return System.getenv("ONEDNN_MAX_CPU_ISA") != null;
    }

    /** The same texts at every call. */
    static List<String> all() {
        var random = new Random(42);
        var texts = new ArrayList<>(SENTENCES);
        for (int i = 0; i < 120; i++) {
            texts.add(joined(random, 1 + random.nextInt(6)));
        }
        for (int i = 0; i < 40; i++) {
            texts.add(words(random, 1 + random.nextInt(60)));
        }
        for (int count : new int[] {20, 25, 30, 40, 60}) {
            texts.add(joined(random, count));
        }
        texts.add("x".repeat(300));
        texts.add("antidisestablishmentarianism ".repeat(30));
        return Collections.unmodifiableList(texts);
    }

    private static String joined(Random random, int sentences) {
        var text = new StringBuilder();
        for (int i = 0; i < sentences; i++) {
            text.append(SENTENCES.get(random.nextInt(SENTENCES.size()))).append(' ');
        }
        return text.toString();
    }

    private static String words(Random random, int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            var word = SENTENCES.get(random.nextInt(SENTENCES.size())).split(" ", -1);
            text.append(word[random.nextInt(word.length)]).append(' ');
        }
        return text.toString();
    }
}
