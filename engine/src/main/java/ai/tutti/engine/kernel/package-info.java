/** oneDNN through {@code java.lang.foreign}. Nothing outside this package touches native code. */
@NullMarked
package ai.tutti.engine.kernel;

import org.jspecify.annotations.NullMarked;
