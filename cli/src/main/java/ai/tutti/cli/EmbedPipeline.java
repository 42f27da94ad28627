package ai.tutti.cli;

import ai.tutti.cli.rows.Row;
import ai.tutti.cli.rows.RowException;
import ai.tutti.cli.rows.RowOutput;
import ai.tutti.cli.rows.RowReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Rows to vectors, a bounded number of batches under way at a time, written in the order of the rows. What was computed before
 * something went wrong is written before it is told.
 */
final class EmbedPipeline implements AutoCloseable {
    private static final int BATCH_TEXTS = 100;
    private static final int BATCH_CHARACTERS = 100_000;

    private final TextVectors vectors;
    private final RowOutput output;
    private final EmbedBar bar;
    private final int most;
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final Deque<Sent> underWay = new ArrayDeque<>();
    private @Nullable RowException fault;

    private record Sent(List<Row> rows, Future<TextVectors.Batch> batch) {}

    /**
     * A pipeline.
     *
     * @param most how many batches may be under way
     */
    EmbedPipeline(TextVectors vectors, RowOutput output, EmbedBar bar, int most) {
        this.vectors = vectors;
        this.output = output;
        this.bar = bar;
        this.most = most;
    }

    void run(RowReader rows) throws IOException, InterruptedException {
        for (List<Row> batch = batch(rows); !batch.isEmpty(); batch = batch(rows)) {
            List<Row> sent = batch;
            List<String> texts = sent.stream().map(Row::text).toList();
            underWay.add(new Sent(sent, callers.submit(() -> vectors.embed(texts, text -> sent.get(text).place()))));
            if (underWay.size() == most) {
                writeNext();
            }
        }
        while (!underWay.isEmpty()) {
            writeNext();
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** The next rows, up to one that cannot be read; none after the last one. */
    private List<Row> batch(RowReader rows) throws IOException {
        var batch = new ArrayList<Row>();
        int characters = 0;
        while (fault == null && batch.size() < BATCH_TEXTS && characters < BATCH_CHARACTERS) {
            try {
                Row row = rows.next();
                if (row == null) {
                    break;
                }
                batch.add(row);
                characters += row.text().length();
            } catch (RowException e) {
                fault = e;
            }
        }
        return batch;
    }

    private void writeNext() throws IOException, InterruptedException {
        Sent sent = underWay.remove();
        TextVectors.Batch batch = result(sent.batch());
        for (int i = 0; i < sent.rows().size(); i++) {
            output.write(sent.rows().get(i), batch.vectors()[i]);
        }
        output.flush();
        bar.advance(sent.rows().size(), batch.truncatedTokens());
    }

    private static TextVectors.Batch result(Future<TextVectors.Batch> batch) throws InterruptedException {
        try {
            return batch.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException fault) {
                throw fault;
            }
            if (e.getCause() instanceof Error fault) {
                throw fault;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Gives up what is under way. */
    @Override
    public void close() {
        callers.shutdownNow();
        callers.close();
    }
}
