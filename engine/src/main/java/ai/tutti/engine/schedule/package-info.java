@NullMarked
package ai.tutti.engine.schedule;

import org.jspecify.annotations.NullMarked;
