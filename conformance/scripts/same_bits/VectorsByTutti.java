// Runs with: java. Server: open.
// Prints the vectors of a few texts as hexadecimal float32, so that clients can be compared bit by bit.

import ai.tutti.api.EmbeddingsReply.Embedding;
import ai.tutti.api.Json;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.Tutti;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

void main() throws IOException {
    byte[] json = Files.readAllBytes(Path.of(System.getenv("TUTTI_TEXTS")));
    List<String> texts = List.of(Json.read(json, String[].class));
    var reply = Tutti.create().embeddings().create(EmbeddingCreateParams.of("BAAI/bge-small-en-v1.5", texts));
    for (Embedding vector : reply.data()) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.embedding().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector.embedding());
        IO.println(HexFormat.of().formatHex(bytes.array()));
    }
}
