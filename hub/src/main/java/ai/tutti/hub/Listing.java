package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Set;

/**
 * What a repository holds at a revision.
 *
 * @param commit the commit that the revision stands for
 * @param files the names of its files, none of which leads out of the folder that it is put into
 */
record Listing(String commit, Set<String> files) {
    Listing {
        requireNonNull(commit, "commit is null");
        files = Set.copyOf(files);
    }

    /** Whether a file of that name lies inside whatever folder it is put into, on every system. */
    static boolean isInside(String name) {
        return !name.matches("(?s)[A-Za-z]:.*|.*[\\\\\\p{Cntrl}].*")
                && Arrays.stream(name.split("/", -1))
                        .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    }
}
