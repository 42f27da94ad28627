package ai.tutti.engine.checkpoint;

import static ai.tutti.engine.checkpoint.TokenizerJson.part;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A SentencePiece model of the kind Unigram; field numbers are those of {@code sentencepiece_model.proto}.
 *
 * @param pieces in the order of SentencePiece's own ids
 * @param unknown the id of the unknown piece
 * @param charsmap the normaliser {@code Precompiled} over the file's table of replacements, or null where it has none
 */
record SentencePieceFile(Path file, List<Piece> pieces, int unknown, @Nullable ObjectNode charsmap) {
    private static final int UNIGRAM = 1;
    private static final int NORMAL = 1;

    /**
     * A piece of the vocabulary.
     *
     * @param kind 1 where it is found in texts like any other; control pieces and others have higher numbers
     */
    record Piece(String text, double score, int kind) {}

    SentencePieceFile {
        pieces = List.copyOf(pieces);
    }

    static SentencePieceFile read(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return read(MappedFile.map(path, arena));
        }
    }

    static SentencePieceFile read(MappedFile file) {
        Builder builder = new Builder(file);
        ProtoReader model = new ProtoReader(file, file.bytes());
        while (model.next()) {
            switch (model.field()) {
                case 1 -> builder.readPiece(model.message());
                case 2 -> builder.readTrainer(model.message());
                case 3 -> builder.readNormalizer(model.message());
                default -> {}
            }
        }
        return builder.build();
    }

    /** Refuses a file whose first pieces are not special, since their places are given to others. */
    void requireSpecials(int count) {
        if (pieces.size() < count || pieces.subList(0, count).stream().anyMatch(piece -> piece.kind() == NORMAL)) {
            throw new ModelLoadException("%s: its first %d pieces are not special ones: put the model's tokenizer.json into the folder"
                    .formatted(file, count));
        }
    }

    private static final class Builder {
        private final MappedFile file;
        private final List<Piece> pieces = new ArrayList<>();
        private long algorithm = UNIGRAM;
        private long unknown;
        private byte[] charsmap = new byte[0];

        Builder(MappedFile file) {
            this.file = file;
        }

        void readPiece(ProtoReader piece) {
            String text = "";
            double score = 0;
            long kind = NORMAL;
            while (piece.next()) {
                switch (piece.field()) {
                    case 1 -> text = piece.string();
                    case 2 -> score = piece.real();
                    case 3 -> kind = piece.number();
                    default -> {}
                }
            }
            if (!Double.isFinite(score)) {
                throw file.broken("the score of piece %d is not finite".formatted(pieces.size()));
            }
            pieces.add(new Piece(text, score, Math.clamp(kind, 0, Byte.MAX_VALUE)));
        }

        void readTrainer(ProtoReader trainer) {
            while (trainer.next()) {
                switch (trainer.field()) {
                    case 3 -> algorithm = trainer.number();
                    case 40 -> unknown = trainer.number();
                    default -> {}
                }
            }
        }

        void readNormalizer(ProtoReader normalizer) {
            while (normalizer.next()) {
                if (normalizer.field() == 2) {
                    charsmap = normalizer.bytes().toArray(ValueLayout.JAVA_BYTE);
                }
            }
        }

        SentencePieceFile build() {
            if (algorithm != UNIGRAM) {
                throw new ModelLoadException(file.path() + " is not of the kind Unigram, which alone can be served: put the"
                        + " model's tokenizer.json into the folder");
            }
            if (unknown < 0 || unknown >= pieces.size()) {
                throw file.broken("its unknown piece has the id %d, and it has %d pieces".formatted(unknown, pieces.size()));
            }
            ObjectNode normalizer = charsmap.length == 0
                    ? null
                    : part("Precompiled").put("precompiled_charsmap", Base64.getEncoder().encodeToString(charsmap));
            return new SentencePieceFile(file.path(), pieces, (int) unknown, normalizer);
        }
    }
}
