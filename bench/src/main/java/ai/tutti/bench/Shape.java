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
    DEBERTA_LARGE(ShapeFamily.DEBERTA_V2, 1024, 24, 16, 4096, 128_100, 512),
    /** Qwen3-Embedding-0.6B, Qwen3-Reranker-0.6B. */
    QWEN3_0_6B(ShapeFamily.QWEN3, 1024, 28, 16, 8, 3072, 151_669, 32_768),
    /** mxbai-rerank-large-v2. */
    MXBAI_LARGE_V2(ShapeFamily.QWEN2, 1536, 28, 12, 2, 8960, 151_936, 32_768),
    /** e5-mistral-7b-instruct. */
    E5_MISTRAL(ShapeFamily.MISTRAL, 4096, 32, 32, 8, 14_336, 32_000, 32_768);

    @SuppressWarnings("ImmutableEnumChecker") // a record of numbers and an enum
    private final Sizes sizes;

    Shape(ShapeFamily family, int hidden, int layers, int heads, int intermediate, int vocabulary, int positions) {
        this(family, hidden, layers, heads, heads, intermediate, vocabulary, positions);
    }

    Shape(
            ShapeFamily family,
            int hidden,
            int layers,
            int heads,
            int groups,
            int intermediate,
            int vocabulary,
            int positions) {
        sizes = new Sizes(family, hidden, layers, heads, groups, intermediate, vocabulary, positions);
    }

    Sizes sizes() {
        return sizes;
    }

    /**
     * What a checkpoint is made from.
     *
     * @param groups heads of keys and values
     */
    record Sizes(
            ShapeFamily family,
            int hidden,
            int layers,
            int heads,
            int groups,
            int intermediate,
            int vocabulary,
            int positions) {
        /** The most tokens of a text; RoBERTa's positions are counted from behind the padding token's. */
        int tokens() {
            return family == ShapeFamily.XLM_ROBERTA ? positions - 2 : positions;
        }

        /** Numbers a head; Qwen3 has more of them than its hidden size. */
        int headSize() {
            return family == ShapeFamily.QWEN3 ? 128 : hidden / heads;
        }

        Sizes withLayers(int other) {
            return new Sizes(family, hidden, other, heads, groups, intermediate, vocabulary, positions);
        }
    }
}
