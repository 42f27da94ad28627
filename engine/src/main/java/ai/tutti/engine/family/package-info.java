@NullMarked
package ai.tutti.engine.family;

import org.jspecify.annotations.NullMarked;
