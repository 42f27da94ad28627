/** A model's folder: configuration, modules, prompts, and the weights as they lie in its files. */
@NullMarked
package ai.tutti.engine.checkpoint;

import org.jspecify.annotations.NullMarked;
