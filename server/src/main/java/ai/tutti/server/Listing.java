package ai.tutti.server;

import ai.tutti.api.ModelInfo;
import ai.tutti.api.SupportedModel;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the lists of models show: this server's own models, then those that the chat upstream answers for.
 *
 * @param since when the server started
 */
record Listing(Models models, ChatSettings chat, Instant since) {
    /** All names that can be asked for. */
    List<String> names() {
        return Stream.concat(models.require().names().stream(), chat.models().keySet().stream()).toList();
    }

    /**
     * The entry of Together's and OpenAI's lists for a name.
     *
     * @throws ApiException 404, listing what is served
     */
    ModelInfo info(String name) {
        String known = chat.known(name);
        return known != null
                ? ModelInfos.chat(known, chat, since)
                : ModelInfos.info(name, models.require().status(name), since);
    }

    /**
     * The entry of Together's newer list for a name.
     *
     * @throws ApiException 404, listing what is served
     */
    SupportedModel supported(String name) {
        String known = chat.known(name);
        return known != null
                ? ModelInfos.supportedChat(known, chat, since)
                : ModelInfos.supported(name, models.require().status(name), since);
    }
}
