/**
 * Files on this machine as texts to be found: which of a folder's, what they say without their markup, and what is passed over.
 */
@NullMarked
package ai.tutti.cli.files;

import org.jspecify.annotations.NullMarked;
