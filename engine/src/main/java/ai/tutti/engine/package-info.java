/** The engine's face: text in, vectors and scores out, in process and without HTTP. */
@NullMarked
package ai.tutti.engine;

import org.jspecify.annotations.NullMarked;
