/** From a model's name to a folder on disk: the bundled model and the catalogue of known models. */
@NullMarked
package ai.tutti.hub;

import org.jspecify.annotations.NullMarked;
