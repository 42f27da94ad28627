/**
 * The HTTP server: Together's API (and what OpenAI's and Cohere's clients need of theirs) in front of the engine. Event
 * loops read and write bytes; each request's own work, from parsing to the last vector, runs on a thread of its own.
 */
@NullMarked
package ai.tutti.server;

import org.jspecify.annotations.NullMarked;
