/** Which sequences run next, and on which core. */
@NullMarked
package ai.tutti.engine.schedule;

import org.jspecify.annotations.NullMarked;
