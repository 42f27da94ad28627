@NullMarked
package ai.tutti.server;

import org.jspecify.annotations.NullMarked;
