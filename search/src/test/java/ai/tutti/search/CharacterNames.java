package ai.tutti.search;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A corpus that every JDK has: what Unicode calls letters, signs, symbols and pictures, one document each. */
final class CharacterNames {
    private CharacterNames() {}

    /** The names of over 6,000 characters; a document's id is its code point, as in {@code U+1F355}. */
    static List<Document> documents() {
        return IntStream.concat(
                        IntStream.rangeClosed(0xA1, 0x52F), // Latin, Greek, Cyrillic
                        IntStream.concat(
                                IntStream.rangeClosed(0x2010, 0x2BFF), // punctuation, currencies, arrows, mathematics
                                IntStream.rangeClosed(0x1F000, 0x1FAFF))) // games, pictures, faces
                .filter(Character::isDefined)
                .mapToObj(character -> new Document(
                        "U+%04X".formatted(character), String.valueOf(Character.getName(character)).toLowerCase(Locale.ROOT)))
                .toList();
    }
}
