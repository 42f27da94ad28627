package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of a tile that go through a layer together: whole texts, or a part of one that is longer than a block. What a layer
 * needs besides its input and its keys and values is then of a block's size, however long the text.
 *
 * @param row the first of its rows in the layer's matrices, where each block has room for {@link Kernels#bucket}
 *     rows
 * @param rows how many rows
 * @param pieces its texts
 */
public record Block(int row, int rows, List<Piece> pieces) {
    /** The most rows; products of so many are at their best. */
    public static final int ROWS = 512;

    /**
     * A text, or a part of one.
     *
     * @param text its number in the tile
     * @param row its first row in the layer's matrices
     * @param position the first row's place in the text
     * @param rows how many rows
     */
    public record Piece(int text, int row, int position, int rows) {
        /** The row of the text's first token, which may lie in an earlier block. */
        public int start() {
            return row - position;
        }
    }

    public Block {
        pieces = List.copyOf(pieces);
    }

    /** Cuts a tile. A text's blocks begin at the same places of it in every tile. */
    public static List<Block> of(Tile tile) {
        var blocks = new ArrayList<Block>();
        var pieces = new ArrayList<Piece>();
        int row = 0;
        int rows = 0;
        for (int text = 0; text < tile.texts(); text++) {
            for (int position = 0; position < tile.length(text); position += ROWS) {
                int count = Math.min(ROWS, tile.length(text) - position);
                if (rows > 0 && rows + count > ROWS) {
                    blocks.add(new Block(row, rows, pieces));
                    row += Kernels.bucket(rows);
                    rows = 0;
                    pieces.clear();
                }
                pieces.add(new Piece(text, row + rows, position, count));
                rows += count;
            }
        }
        blocks.add(new Block(row, rows, pieces));
        return blocks;
    }

    /**
     * Those of its rows that are wanted when one of each text is.
     *
     * @param last whether it is the text's last or its first
     * @return pieces of one row each
     */
    public List<Piece> wanted(Tile tile, boolean last) {
        var wanted = new ArrayList<Piece>();
        for (var piece : pieces) {
            int position = last ? tile.length(piece.text()) - 1 : 0;
            if (position >= piece.position() && position < piece.position() + piece.rows()) {
                wanted.add(new Piece(piece.text(), piece.start() + position, position, 1));
            }
        }
        return wanted;
    }
}
