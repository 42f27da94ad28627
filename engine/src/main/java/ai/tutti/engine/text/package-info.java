/** From text to token ids and back under the limit. */
@NullMarked
package ai.tutti.engine.text;

import org.jspecify.annotations.NullMarked;
