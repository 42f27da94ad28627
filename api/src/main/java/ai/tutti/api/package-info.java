@NullMarked
package ai.tutti.api;

import org.jspecify.annotations.NullMarked;
