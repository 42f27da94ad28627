/**
 * The Java SDK, for Tutti and for Together's own service alike: {@link ai.tutti.client.Tutti} is where it begins. What is
 * answered are the records of {@link ai.tutti.api}; what goes wrong is a {@link ai.tutti.client.TuttiException}.
 */
@NullMarked
package ai.tutti.client;

import org.jspecify.annotations.NullMarked;
