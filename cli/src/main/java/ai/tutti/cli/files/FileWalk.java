package ai.tutti.cli.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The files of folders, all the way down, but for hidden ones. A folder may be named by a link; links inside are not followed.
 *
 * @param files what was found, and what was named itself, hidden or not
 * @param roots the folders that were walked, and what is there no more
 * @param unreadable folders and files that could not be looked at, so that nobody knows what is there
 */
public record FileWalk(SequencedSet<Path> files, List<Path> roots, List<Path> unreadable) {
    /**
     * Walks.
     *
     * @param places files and folders
     * @param except a folder that is passed over
     */
    public static FileWalk of(List<Path> places, Path except) throws IOException {
        var files = new LinkedHashSet<Path>();
        var roots = new ArrayList<Path>();
        var unreadable = new ArrayList<Path>();
        Path passedOver = Files.exists(except) ? except.toRealPath() : except;
        for (Path place : places) {
            if (!Files.isDirectory(place)) {
                files.add(place);
                if (Files.notExists(place)) {
                    roots.add(place);
                }
                continue;
            }
            roots.add(place);
            Path start = place.toRealPath();
            Files.walkFileTree(start, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    boolean skipped = folder.equals(passedOver) || (isHidden(folder) && !folder.equals(start));
                    return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile() && !isHidden(file)) {
                        files.add(named(file));
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException fault) {
                    unreadable.add(named(file));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException fault) {
                    if (fault != null) {
                        unreadable.add(named(folder));
                    }
                    return FileVisitResult.CONTINUE;
                }

                // As the user calls it.
                private Path named(Path path) {
                    return place.resolve(start.relativize(path));
                }
            });
        }
        return new FileWalk(files, roots, unreadable);
    }

    private static boolean isHidden(Path path) {
        return path.getFileName() != null && path.getFileName().toString().startsWith(".");
    }

    /** Whether it lies in a folder that was walked, and would have been found if it were still there. */
    public boolean isGone(Path file) {
        return roots.stream().anyMatch(file::startsWith)
                && unreadable.stream().noneMatch(file::startsWith)
                && !files.contains(file);
    }
}
