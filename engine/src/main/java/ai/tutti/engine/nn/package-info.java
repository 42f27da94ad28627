/** The layers that models are built of, over ragged batches: linear, norm, attention, pooling. */
@NullMarked
package ai.tutti.engine.nn;

import org.jspecify.annotations.NullMarked;
