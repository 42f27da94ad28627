@NullMarked
package ai.tutti.engine.kernel;

import org.jspecify.annotations.NullMarked;
