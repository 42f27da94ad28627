@NullMarked
package ai.tutti.engine.nn;

import org.jspecify.annotations.NullMarked;
