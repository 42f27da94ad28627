package ai.tutti.server;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which of two lists a client wants. Together's SDKs break on anything but a bare array, OpenAI's on anything but an object
 * with {@code data}, and both ask at the same path, so the {@code user-agent} decides. OpenAI's SDKs put the name of the
 * client's class there ({@code OpenAI/Python}, {@code AsyncOpenAI/Python}, {@code AzureOpenAI/JS}), and a user's subclass
 * has any name; so every product name with {@code openai} in it counts, as does a header that OpenAI's SDKs alone send.
 * Whoever else asks gets Together's array: it is Together's API.
 */
enum ModelListShape {
    /** A bare array. */
    TOGETHER,
    /** An object with {@code data}. */
    OPENAI;

    static ModelListShape of(@Nullable String userAgent, boolean sendsOpenAiHeaders) {
        String product = userAgent == null ? "" : userAgent.split("/", 2)[0].toLowerCase(Locale.ROOT);
        if (product.contains("together")) {
            return TOGETHER;
        }
        return product.contains("openai") || sendsOpenAiHeaders ? OPENAI : TOGETHER;
    }
}
