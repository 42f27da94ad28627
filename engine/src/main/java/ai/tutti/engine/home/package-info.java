/** Where files lie on this machine: the distribution's folder and the user's cache. The lowest floor. */
@NullMarked
package ai.tutti.engine.home;

import org.jspecify.annotations.NullMarked;
