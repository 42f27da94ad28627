// Search in three steps: embed documents and a question, take the nearest by cosine, rerank those.
//
//     mvn -pl client -am package -DskipTests
//     java --class-path "client/target/*:client/target/lib/*" examples/EmbedAndRerank.java
//
// Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points.

import ai.tutti.api.EmbeddingsReply.Embedding;
import ai.tutti.api.RerankReply;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.RerankCreateParams;
import ai.tutti.client.Tutti;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

class EmbedAndRerank {
    private static final String MODEL = "BAAI/bge-small-en-v1.5";
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
        // 1. One vector for each document, and one for the question.
        List<float[]> library = embed(DOCUMENTS);
        float[] wanted = embed(List.of(QUESTION)).get(0);

        // 2. The three documents whose vectors point most nearly the same way.
        List<String> nearest = IntStream.range(0, DOCUMENTS.size())
                .boxed()
                .sorted(Comparator.comparing(n -> -cosine(library.get(n), wanted)))
                .limit(3)
                .map(DOCUMENTS::get)
                .toList();

        // 3. A closer look at those three.
        RerankReply ranking = CLIENT.rerank().create(RerankCreateParams.of(MODEL, QUESTION, nearest));

        System.out.println(QUESTION);
        for (RerankReply.Result result : ranking.results()) {
            System.out.printf("  %.3f  %s%n", result.relevanceScore(), nearest.get(result.index()));
        }
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
