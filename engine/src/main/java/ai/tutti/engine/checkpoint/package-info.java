@NullMarked
package ai.tutti.engine.checkpoint;

import org.jspecify.annotations.NullMarked;
