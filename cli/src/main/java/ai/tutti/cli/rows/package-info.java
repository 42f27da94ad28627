/**
 * Files of texts with what stands beside them, line by line: JSON Lines, CSV, Parquet, plain lines; and files of vectors that a
 * broken run goes on with.
 */
@NullMarked
package ai.tutti.cli.rows;

import org.jspecify.annotations.NullMarked;
