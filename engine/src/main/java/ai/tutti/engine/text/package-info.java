@NullMarked
package ai.tutti.engine.text;

import org.jspecify.annotations.NullMarked;
