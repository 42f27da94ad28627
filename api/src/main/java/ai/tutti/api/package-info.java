/** The wire: a record for every request, reply and error, in the shapes of Together, OpenAI and Cohere, and their JSON. */
@NullMarked
package ai.tutti.api;

import org.jspecify.annotations.NullMarked;
