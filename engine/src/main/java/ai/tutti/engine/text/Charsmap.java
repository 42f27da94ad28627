package ai.tutti.engine.text;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import tools.jackson.databind.JsonNode;

/**
 * Checks the tables of {@code Precompiled} normalisers before the native tokenizer gets them: it ends the process over a
 * table that is damaged, when it reads it or at some text later.
 *
 * <p>SentencePiece's table: four bytes with the size of a trie, the trie, then replacements, each ended by NUL. The trie is a
 * double array (darts-clone): from a node's base, the child of byte c lies at {@code base ^ c} and says c itself; its own base
 * is at {@code place ^ offset}, where a leaf keeps the place of the replacement. All nodes that can be reached are visited.
 */
final class Charsmap {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String KEY = "precompiled_charsmap";
    private static final int LABEL = 1 << 31 | 0xFF;
    private static final int LEAF = 1 << 8;
    private static final int VALUE = Integer.MAX_VALUE;

    private final MemorySegment trie;
    private final long units;
    private final byte[] replacements;

    private Charsmap(byte[] table) throws IOException {
        MemorySegment bytes = MemorySegment.ofArray(table);
        long size = table.length < 4 ? -1 : Integer.toUnsignedLong(bytes.get(INT, 0));
        if (size < 4 || size % 4 != 0 || size > table.length - 4) {
            throw new IOException("it has no trie");
        }
        this.trie = bytes.asSlice(4, size);
        this.units = size / 4;
        this.replacements = bytes.asSlice(4 + size).toArray(ValueLayout.JAVA_BYTE);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            throw new IOException("its replacements are not text in UTF-8", e);
        }
    }

    /**
     * Checks every table of a normaliser.
     *
     * @param file for messages
     * @throws IOException with one line about the file when one cannot be used
     */
    static void check(Path file, JsonNode normalizer) throws IOException {
        JsonNode table = normalizer.path(KEY);
        if (!table.isMissingNode() || normalizer.path("type").asString("").equals("Precompiled")) {
            try {
                new Charsmap(Base64.getDecoder().decode(table.asString(""))).walk();
            } catch (IllegalArgumentException | IOException e) {
                throw new IOException("%s is broken, its %s cannot be used: %s".formatted(file, KEY, e.getMessage()), e);
            }
        }
        for (JsonNode part : normalizer) {
            if (part.isContainer()) {
                check(file, part);
            }
        }
    }

    private void walk() throws IOException {
        BitSet seen = new BitSet();
        Deque<Integer> bases = new ArrayDeque<>();
        visit(offset(unit(0)), seen, bases);
        while (!bases.isEmpty()) {
            int base = bases.pop();
            for (int label = 1; label < 256; label++) {
                int place = base ^ label;
                int unit = unit(place);
                if ((unit & LABEL) == label) {
                    int below = place ^ offset(unit);
                    if ((unit & LEAF) != 0) {
                        checkReplacement(unit(below) & VALUE);
                    }
                    visit(below, seen, bases);
                }
            }
        }
    }

    private void visit(int base, BitSet seen, Deque<Integer> bases) throws IOException {
        unit(base);
        if (!seen.get(base)) {
            seen.set(base);
            bases.push(base);
        }
    }

    private int unit(int place) throws IOException {
        if (place < 0 || place >= units) {
            throw new IOException("its trie leads out of itself");
        }
        return trie.get(INT, place * 4L);
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    /** A replacement begins between two characters, or at the end. */
    private void checkReplacement(int at) throws IOException {
        if (at > replacements.length || (at < replacements.length && (replacements[at] & 0xC0) == 0x80)) {
            throw new IOException("its trie leads to no replacement");
        }
    }
}
