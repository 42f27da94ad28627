package ai.tutti.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of {@code GET /v2/supported-models}.
 *
 * @param data the page's models
 * @param nextCursor what to send as {@code after} for the next page; null on the last
 */
public record SupportedModelPage(List<SupportedModel> data, @Nullable String nextCursor) {
    public SupportedModelPage {
        data = List.copyOf(data);
    }
}
