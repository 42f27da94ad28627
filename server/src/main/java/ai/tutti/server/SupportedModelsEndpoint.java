package ai.tutti.server;

import ai.tutti.api.SupportedModel;
import ai.tutti.api.SupportedModelPage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code GET /v2/supported-models}, in pages of {@code limit}, each from behind the name {@code after}. */
record SupportedModelsEndpoint(Listing listing) implements Endpoint {
    private static final int DEFAULT_LIMIT = 100;

    @Override
    public void answer(Call call) {
        List<String> names = listing.names();
        int from = start(names, call.parameter("after"));
        int to = (int) Math.min(names.size(), (long) from + limit(call.parameter("limit")));
        List<SupportedModel> page =
                names.subList(from, to).stream().map(listing::supported).toList();
        call.reply(new SupportedModelPage(page, to < names.size() ? names.get(to - 1) : null));
    }

    private static int start(List<String> names, @Nullable String after) {
        if (after == null || after.isEmpty()) {
            return 0;
        }
        int index = names.indexOf(after);
        if (index < 0) {
            throw Errors.invalid("after", "`after` is no cursor of this list");
        }
        return index + 1;
    }

    private static int limit(@Nullable String text) {
        if (text == null) {
            return DEFAULT_LIMIT;
        }
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1) {
                return limit;
            }
        } catch (NumberFormatException e) {
            throw limitRefused(text);
        }
        throw limitRefused(text);
    }

    private static ApiException limitRefused(String text) {
        return Errors.invalid("limit", "`limit` must be a whole number of at least 1, not " + text);
    }
}
