package ai.tutti.engine.kernel;

/** The module that {@link RowLoops}, {@link SoftmaxLoops} and their like need; apart from them, since without it they cannot even be asked. */
public final class VectorModule {
    private VectorModule() {}

    /** Whether this JVM was started with {@code --add-modules=jdk.incubator.vector}. */
    public static boolean present() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }
}
