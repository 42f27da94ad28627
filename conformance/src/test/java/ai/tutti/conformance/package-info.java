/**
 * Official SDKs against a real server. Each file under {@code scripts/} is a program that a user could have written; its
 * first line says which pinned SDKs it runs with and against which server, and it fails when an answer is not right.
 *
 * <p>And the engine against the reference implementation of its models, sentence-transformers.
 */
@NullMarked
package ai.tutti.conformance;

import org.jspecify.annotations.NullMarked;
