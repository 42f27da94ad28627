// Answers from documents in four steps: embed the question, search, rerank, and have a chat model answer with its sources.
//
//     mvn -pl client -am package -DskipTests
//     java --class-path "client/target/*:client/target/lib/*" examples/Rag.java
//
// Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points. The chat model is one of another server's,
// which Tutti passes the question on to: ./tutti serve --chat-upstream URL --chat-models MODEL=THEIRS

import ai.tutti.api.ChatMessage;
import ai.tutti.api.EmbeddingsReply.Embedding;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.ChatCompletionStream;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.RerankCreateParams;
import ai.tutti.client.Tutti;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class Rag {
    private static final String MODEL = "BAAI/bge-small-en-v1.5";
    private static final String CHAT_MODEL =
            System.getenv().getOrDefault("CHAT_MODEL", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo");
    private static final Tutti CLIENT = Tutti.create();

    private static final List<String> DOCUMENTS = List.of(
            "The guanaco is a wild camelid of the Andes, closely related to the llama.",
            "The giant panda lives in the bamboo forests of central China.",
            "The Andean condor soars over the mountains of Peru, Chile and Bolivia.",
            "A violoncello has four strings, tuned in fifths.",
            "The llama carries loads and gives wool to the peoples of the Andes.",
            "The polar bear hunts seals on the ice of the Arctic Ocean.");
    private static final String QUESTION = "Which animals live in the mountains of Peru?";

    public static void main(String[] args) {
        List<float[]> library = embed(DOCUMENTS); // once; a vector database would keep it

        // 1. The question's vector.
        float[] wanted = embed(List.of(QUESTION)).get(0);

        // 2. The documents whose vectors point most nearly the same way.
        List<String> candidates = IntStream.range(0, DOCUMENTS.size())
                .boxed()
                .sorted(Comparator.comparing(n -> -cosine(library.get(n), wanted)))
                .limit(20)
                .map(DOCUMENTS::get)
                .toList();

        // 3. A closer look at those, of which the best are kept.
        List<String> sources = CLIENT
                .rerank()
                .create(RerankCreateParams.builder().model(MODEL).query(QUESTION).documents(candidates).topN(3).build())
                .results()
                .stream()
                .map(result -> candidates.get(result.index()))
                .toList();

        // 4. An answer from the sources.
        String numbered = IntStream.range(0, sources.size())
                .mapToObj(n -> "[%d] %s".formatted(n + 1, sources.get(n)))
                .collect(Collectors.joining("\n"));
        ChatCompletionCreateParams ask = ChatCompletionCreateParams.builder()
                .model(CHAT_MODEL)
                .message(ChatMessage.system("Answer from these sources alone, and name them by number:\n" + numbered))
                .message(ChatMessage.user(QUESTION))
                .build();

        System.out.println(QUESTION);
        System.out.println(numbered);
        try (ChatCompletionStream stream = CLIENT.chat().completions().createStreaming(ask)) {
            stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .map(choice -> choice.delta().content())
                    .filter(Objects::nonNull)
                    .forEach(System.out::print);
        }
        System.out.println();
    }

    private static List<float[]> embed(List<String> texts) {
        return CLIENT.embeddings().create(EmbeddingCreateParams.of(MODEL, texts)).data().stream()
                .map(Embedding::embedding)
                .toList();
    }

    /** The vectors have length one, so their dot product is their cosine. */
    private static double cosine(float[] a, float[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
    }
}
