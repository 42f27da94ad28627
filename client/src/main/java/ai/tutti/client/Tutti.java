package ai.tutti.client;

import ai.tutti.api.EncodingFormat;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client of Tutti, or of Together's own service.
 *
 * <pre>{@code
 * Tutti client = Tutti.builder().baseUrl("http://127.0.0.1:8080/v1").apiKey("any").build();
 *
 * EmbeddingsReply reply = client.embeddings()
 *         .create(EmbeddingCreateParams.of("BAAI/bge-small-en-v1.5", "All together now"));
 * float[] vector = reply.data().get(0).embedding();
 * }</pre>
 *
 * <p>Hold one for the life of the program: it is immutable, keeps its connections, may be used by all threads at once, and
 * has nothing that needs closing. What fails is tried again where that may help; what stays wrong is a
 * {@link TuttiException}. Each request also has an asynchronous form, whose future ends the exchange when it is cancelled.
 */
public final class Tutti {
    /** Where a Tutti server listens unless it is told otherwise. */
    public static final URI DEFAULT_BASE_URL = URI.create("http://127.0.0.1:8080/v1");

    private final Builder origin;
    private final Embeddings embeddings;
    private final Rerank rerank;
    private final Models models;
    private final Chat chat;

    private Tutti(Builder origin, Transport transport) {
        this.origin = origin;
        this.embeddings = new Embeddings(transport);
        this.rerank = new Rerank(transport);
        this.models = new Models(transport);
        this.chat = new Chat(transport);
    }

    /** A client as the environment has it: see {@link #builder()}. */
    public static Tutti create() {
        return builder().build();
    }

    /**
     * The environment's settings, to be changed: {@code TOGETHER_API_KEY} and {@code TOGETHER_BASE_URL}. Without the latter
     * it is the Tutti server on this machine: {@link #DEFAULT_BASE_URL}.
     */
    public static Builder builder() {
        return builder(System.getenv());
    }

    static Builder builder(Map<String, String> environment) {
        Builder builder = new Builder();
        String url = environment.getOrDefault("TOGETHER_BASE_URL", "").strip();
        builder.baseUrl(url.isEmpty() ? DEFAULT_BASE_URL.toString() : url);
        String key = environment.getOrDefault("TOGETHER_API_KEY", "").strip();
        return key.isEmpty() ? builder : builder.apiKey(key);
    }

    /** This client's settings, to be changed; the new client shares this one's connections. */
    public Builder toBuilder() {
        return new Builder(origin);
    }

    /** Texts to vectors. */
    public Embeddings embeddings() {
        return embeddings;
    }

    /** Which documents answer a query best. */
    public Rerank rerank() {
        return rerank;
    }

    /** What is served. */
    public Models models() {
        return models;
    }

    /** Conversations. */
    public Chat chat() {
        return chat;
    }

    /** Settings of a client. */
    public static final class Builder {
        private String baseUrl = DEFAULT_BASE_URL.toString();
        private @Nullable String apiKey;
        private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        private Duration timeout = Duration.ofMinutes(10);
        private Duration stallTimeout = Duration.ofMinutes(1);
        private Duration connectTimeout = Duration.ofSeconds(5);
        private int maxRetries = 2;
        private @Nullable EncodingFormat vectorEncoding;
        private @Nullable Integer batchTexts;
        private int batchCharacters = 500_000;
        private int concurrency = 4;
        private @Nullable HttpClient given;
        private @Nullable HttpClient shared;

        private Builder() {}

        private Builder(Builder other) {
            baseUrl = other.baseUrl;
            apiKey = other.apiKey;
            headers.putAll(other.headers);
            timeout = other.timeout;
            stallTimeout = other.stallTimeout;
            connectTimeout = other.connectTimeout;
            maxRetries = other.maxRetries;
            vectorEncoding = other.vectorEncoding;
            batchTexts = other.batchTexts;
            batchCharacters = other.batchCharacters;
            concurrency = other.concurrency;
            given = other.given;
            shared = other.shared;
        }

        /**
         * Where the service is, with the {@code /v1} that its paths begin with, such as {@code http://127.0.0.1:8080/v1};
         * a Tutti server also answers without, and to Together's own address it is added.
         *
         * @throws IllegalArgumentException unless it is an address of http or https
         */
        public Builder baseUrl(String url) {
            var unused = BaseUrl.parse(url);
            baseUrl = url;
            return this;
        }

        /** The key, sent as {@code authorization: Bearer}. */
        public Builder apiKey(String key) {
            if (key.isBlank()) {
                throw new IllegalArgumentException("apiKey is blank");
            }
            apiKey = key;
            return this;
        }

        /** A header of every request, in place of one of that name. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** The longest that one exchange may take, from connecting to the reply's last byte; ten minutes unless set. */
        public Builder timeout(Duration longest) {
            timeout = requirePositive("timeout", longest);
            return this;
        }

        /** The longest silence between two bytes of a reply's body, or of a stream; a minute unless set. */
        public Builder stallTimeout(Duration longest) {
            stallTimeout = requirePositive("stallTimeout", longest);
            return this;
        }

        /** The longest that connecting may take; five seconds unless set. */
        public Builder connectTimeout(Duration longest) {
            connectTimeout = requirePositive("connectTimeout", longest);
            shared = null;
            return this;
        }

        /** How many times a request that failed is sent again where that may help; twice unless set. */
        public Builder maxRetries(int retries) {
            if (retries < 0) {
                throw new IllegalArgumentException("maxRetries must not be negative, and is " + retries);
            }
            maxRetries = retries;
            return this;
        }

        /**
         * How vectors travel: base64 is less than half the size and quicker to read, the vectors are the same. Unless set it is
         * base64, except for Together's own service, whose API has lists of numbers only.
         */
        public Builder vectorEncoding(EncodingFormat format) {
            vectorEncoding = format;
            return this;
        }

        /** The most texts of one request; longer lists go in parts. 1,000 unless set, 100 to Together's own service. */
        public Builder batchTexts(int texts) {
            batchTexts = texts;
            return this;
        }

        /** The most characters of one request; a longer text has a request of its own. 500,000 unless set. */
        public Builder batchCharacters(int characters) {
            batchCharacters = characters;
            return this;
        }

        /** How many parts of one list are under way at a time; 4 unless set. */
        public Builder concurrency(int parts) {
            concurrency = parts;
            return this;
        }

        /** What to connect with, for proxies, certificates or an executor of your own; its own timeout to connect holds. */
        public Builder httpClient(HttpClient client) {
            given = client;
            return this;
        }

        /**
         * The client.
         *
         * @throws IllegalArgumentException when a limit is less than one, or a header cannot be sent
         */
        public Tutti build() {
            Builder origin = new Builder(this);
            HttpClient connections = origin.connections();
            return new Tutti(origin, new Transport(connections, settings()));
        }

        private HttpClient connections() {
            if (given != null) {
                return given;
            }
            if (shared == null) {
                shared = HttpClient.newBuilder().connectTimeout(connectTimeout).build();
            }
            return shared;
        }

        private Settings settings() {
            BaseUrl url = BaseUrl.parse(baseUrl);
            boolean base64 = vectorEncoding == null ? !url.isTogethers() : vectorEncoding == EncodingFormat.BASE64;
            int texts = batchTexts != null ? batchTexts : url.isTogethers() ? 100 : 1_000;
            Map<String, String> sent = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            if (apiKey != null) {
                sent.put("authorization", "Bearer " + apiKey);
            }
            sent.putAll(headers);
            return new Settings(
                    url.uri(),
                    sent,
                    timeout,
                    stallTimeout,
                    new Retries(maxRetries),
                    base64,
                    new Batching(texts, batchCharacters, concurrency));
        }

        private static Duration requirePositive(String name, Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " must be longer than nothing, and is " + value);
            }
            return value;
        }
    }
}
