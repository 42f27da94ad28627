package ai.tutti.engine.tensor;

/** How one number is stored. */
public enum DType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** The size of one number in bytes. */
    public int bytes() {
        return bytes;
    }
}
