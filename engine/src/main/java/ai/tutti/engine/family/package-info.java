/** Model families, each written once: the forward pass, readable like the paper. */
@NullMarked
package ai.tutti.engine.family;

import org.jspecify.annotations.NullMarked;
