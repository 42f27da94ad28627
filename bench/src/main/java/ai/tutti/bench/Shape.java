package ai.tutti.bench;

/** The sizes of a BERT. */
enum Shape {
    TINY(64, 2, 2, 128),
    SMALL(384, 12, 12, 1536),
    BASE(768, 12, 12, 3072),
    LARGE(1024, 24, 16, 4096);

    static final int VOCABULARY = 30_522;
    static final int POSITIONS = 512;

    private final int hidden;
    private final int layers;
    private final int heads;
    private final int intermediate;

    Shape(int hidden, int layers, int heads, int intermediate) {
        this.hidden = hidden;
        this.layers = layers;
        this.heads = heads;
        this.intermediate = intermediate;
    }

    int hidden() {
        return hidden;
    }

    int layers() {
        return layers;
    }

    int heads() {
        return heads;
    }

    int intermediate() {
        return intermediate;
    }
}
