/** The SDK against a server that does on purpose what a real one does by misfortune. */
@NullMarked
package ai.tutti.client;

import org.jspecify.annotations.NullMarked;
