@NullMarked
package ai.tutti.cli;

import org.jspecify.annotations.NullMarked;
