/** Numbers in memory: how they are stored and who owns them. The lowest floor of the engine. */
@NullMarked
package ai.tutti.engine.tensor;

import org.jspecify.annotations.NullMarked;
