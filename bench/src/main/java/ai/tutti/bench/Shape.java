package ai.tutti.bench;

/** Published models by their sizes. */
public enum Shape {
    /** For tests. */
    TINY(ShapeFamily.BERT, 64, 2, 2, 128, 30_522, 512),
    /** bge-small-en-v1.5. */
    SMALL(ShapeFamily.BERT, 384, 12, 12, 1536, 30_522, 512),
    /** bge-base-en-v1.5. */
    BASE(ShapeFamily.BERT, 768, 12, 12, 3072, 30_522, 512),
    /** bge-large-en-v1.5, gte-large, UAE-Large-V1. */
    LARGE(ShapeFamily.BERT, 1024, 24, 16, 4096, 30_522, 512),
    /** bge-reranker-base. */
    XLM_ROBERTA_BASE(ShapeFamily.XLM_ROBERTA, 768, 12, 12, 3072, 250_002, 514),
    /** multilingual-e5-large-instruct, bge-reranker-large. */
    XLM_ROBERTA_LARGE(ShapeFamily.XLM_ROBERTA, 1024, 24, 16, 4096, 250_002, 514),
    /** gte-modernbert-base, gte-reranker-modernbert-base. */
    MODERNBERT_BASE(ShapeFamily.MODERNBERT, 768, 22, 12, 1152, 50_368, 8192),
    /** mxbai-rerank-xsmall-v1. */
    DEBERTA_XSMALL(ShapeFamily.DEBERTA_V2, 384, 12, 6, 1536, 128_100, 512),
    /** mxbai-rerank-base-v1. */
    DEBERTA_BASE(ShapeFamily.DEBERTA_V2, 768, 12, 12, 3072, 128_100, 512),
    /** mxbai-rerank-large-v1. */
    DEBERTA_LARGE(ShapeFamily.DEBERTA_V2, 1024, 24, 16, 4096, 128_100, 512);

    @SuppressWarnings("ImmutableEnumChecker") // a record of numbers and an enum
    private final Sizes sizes;

    Shape(ShapeFamily family, int hidden, int layers, int heads, int intermediate, int vocabulary, int positions) {
        sizes = new Sizes(family, hidden, layers, heads, intermediate, vocabulary, positions);
    }

    Sizes sizes() {
        return sizes;
    }

    /** What a checkpoint is made from. */
    record Sizes(
            ShapeFamily family, int hidden, int layers, int heads, int intermediate, int vocabulary, int positions) {
        /** The most tokens of a text; RoBERTa's positions are counted from behind the padding token's. */
        int tokens() {
            return family == ShapeFamily.XLM_ROBERTA ? positions - 2 : positions;
        }

        Sizes withLayers(int other) {
            return new Sizes(family, hidden, other, heads, intermediate, vocabulary, positions);
        }
    }
}
