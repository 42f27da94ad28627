package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Passages with their vectors, kept on disk: {@link LuceneStore} in a folder, {@link PgVectorStore} in PostgreSQL.
 *
 * <p><b>Durability.</b> When a method that writes returns, all that it wrote is on disk and every later search sees it; it
 * survives the death of the process and of the machine. When it throws or the process dies in it, either all of it was written
 * or nothing. An id is stored at most once, whatever happens; so what failed can simply be written again. Each call waits for
 * the disk: write many passages at a time.
 *
 * <p>All methods may be called by any number of threads at once, and throw {@link StoreException} when the disk or the database
 * fails, and {@link IllegalArgumentException} for vectors that do not belong here.
 */
public interface VectorStore extends AutoCloseable {
    /**
     * A passage to store.
     *
     * @param vector {@code [dimensions]}; of any length but 0, it is scaled to length 1
     */
    record Entry(Passage passage, float[] vector) {
        public Entry {
            requireNonNull(passage, "passage is null");
            requireNonNull(vector, "vector is null");
        }
    }

    /** Whose vectors it holds. */
    VectorSpace space();

    /**
     * Removes all passages that match and stores others, in one step. A passage that is stored takes the place of one with the
     * same id; of two with one id in a batch the later counts.
     *
     * @param old what to remove before
     */
    void replace(Filter old, List<Entry> entries);

    /** Stores passages, in place of those with the same ids. */
    default void upsert(List<Entry> entries) {
        replace(Filter.nothing(), entries);
    }

    /** Removes passages by their ids; ids that are not here are passed over. */
    default void delete(Collection<String> ids) {
        delete(Filter.passages(ids));
    }

    /** Removes all passages that match. */
    default void delete(Filter old) {
        replace(old, List.of());
    }

    /** The passage with that id; null when there is none. */
    @Nullable Passage find(String id);

    /** Passages that match, in the order of their documents' ids and then of their places, at most so many. */
    List<Passage> list(Filter filter, int limit);

    /** The ids of all documents that have a passage here. */
    SortedSet<String> documents();

    /** How many passages there are. */
    long count();

    /**
     * The passages whose vectors are nearest by cosine: in small sets exactly those, in large ones as the HNSW graph finds them.
     *
     * @param vector {@code [dimensions]}, of any length but 0
     * @param top how many at most
     * @return the best first; equal scores in the order of ids
     */
    List<Hit> search(float[] vector, int top, Filter filter);

    /** As {@link #search(float[], int, Filter)}, among all passages. */
    default List<Hit> search(float[] vector, int top) {
        return search(vector, top, Filter.everything());
    }

    /**
     * The passages that share the query's words, rare words counting more.
     *
     * @param query plain text; nothing in it is syntax
     * @param top how many at most
     * @return the best first; equal scores in the order of ids
     */
    List<Hit> searchText(String query, int top, Filter filter);

    /** As {@link #searchText(String, int, Filter)}, among all passages. */
    default List<Hit> searchText(String query, int top) {
        return searchText(query, top, Filter.everything());
    }

    /** Lets go of the folder or the connection. Nothing is lost without it. Harmless when repeated. */
    @Override
    void close();
}
