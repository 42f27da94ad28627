@NullMarked
package ai.tutti.engine.tensor;

import org.jspecify.annotations.NullMarked;
