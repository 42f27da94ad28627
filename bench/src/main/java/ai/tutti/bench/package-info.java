@NullMarked
package ai.tutti.bench;

import org.jspecify.annotations.NullMarked;
