@NullMarked
package ai.tutti.engine;

import org.jspecify.annotations.NullMarked;
