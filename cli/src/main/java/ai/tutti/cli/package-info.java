/** The {@code tutti} command: options, environment and configuration file into one server, and what it says on the console. */
@NullMarked
package ai.tutti.cli;

import org.jspecify.annotations.NullMarked;
