/** Measurements, ours and the other in turn in one run: {@code bench/run COMMAND}. Never shipped. */
@NullMarked
package ai.tutti.bench;

import org.jspecify.annotations.NullMarked;
