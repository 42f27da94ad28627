@NullMarked
package ai.tutti.hub;

import org.jspecify.annotations.NullMarked;
