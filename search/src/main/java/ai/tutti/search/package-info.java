/**
 * Search over passages of text: {@link ai.tutti.search.VectorStore} keeps them with their vectors, {@link
 * ai.tutti.search.RagPipeline} finds the ones that answer a question and has a chat model answer from them.
 */
@NullMarked
package ai.tutti.search;

import org.jspecify.annotations.NullMarked;
