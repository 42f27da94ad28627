package ai.tutti.engine.tensor;

/** How one number is stored. Files may hold all of these; what is computed with is {@link Floats#readable}. */
public enum DType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    F8_E4M3(1),
    F8_E5M2(1),
    F8_E8M0(1),
    C64(8),
    I64(8),
    U64(8),
    I32(4),
    U32(4),
    I16(2),
    U16(2),
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
