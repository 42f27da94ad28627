package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Python's libraries left in the cache is used without a network, as long as it is all that a model needs. */
final class PythonCacheTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path cache;

    private Path repository = Path.of("");
    private Path snapshot = Path.of("");

    /** As sentence-transformers asks for files: those that it needs, and it remembers those that are not there. */
    @BeforeEach
    void write() throws IOException {
        repository = cache.resolve("models--me--tiny");
        snapshot = repository.resolve("snapshots").resolve(COMMIT);
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), COMMIT);
        for (Map.Entry<String, byte[]> file : TestModels.embedding(1000).entrySet()) {
            if (Set.of(TestModels.needed()).contains(file.getKey())) {
                Path blob = repository.resolve("blobs").resolve(LoopbackHub.etag(file.getValue()));
                Path pointer = snapshot.resolve(file.getKey());
                Files.createDirectories(blob.resolveSibling("."));
                Files.write(blob, file.getValue());
                Files.createDirectories(pointer.resolveSibling("."));
                Files.createSymbolicLink(pointer, pointer.resolveSibling(".").normalize().relativize(blob));
            }
        }
    }

    @Test
    void aSnapshotIsFoundByItsBranchAndByItsCommit() {
        assertThat(find("me/tiny")).isEqualTo(snapshot);
        assertThat(find("me/tiny@main")).isEqualTo(snapshot);
        assertThat(find("me/tiny@" + COMMIT)).isEqualTo(snapshot);
        assertThat(find("me/tiny@v2")).isNull();
        assertThat(find("me/other")).isNull();
    }

    @Test
    void aCatalogueNameIsFoundWhateverItsCase() throws IOException {
        Files.move(repository, cache.resolve("models--BAAI--bge-large-en-v1.5"));

        assertThat(find("baai/BGE-large-en-v1.5")).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "tokenizer.json", "model.safetensors", "modules.json", "1_Pooling/config.json"})
    void aSnapshotThatLacksAFileIsNotWhole(String name) throws IOException {
        Files.delete(snapshot.resolve(name));

        assertThat(find("me/tiny")).isNull();
        assertThatThrownBy(() -> hub().locate(ModelSpec.parse("me/tiny")))
                .hasMessageContainingAll(snapshot + " lacks ", "HF_HUB_OFFLINE is set");
    }

    @Test
    void aLinkToNowhereIsNoFile() throws IOException {
        Files.delete(snapshot.resolve("model.safetensors").toRealPath());

        assertThat(find("me/tiny")).isNull();
    }

    @Test
    void withoutModulesItMustBeKnownThatThereAreNone() throws IOException {
        Files.delete(snapshot.resolve("modules.json"));
        assertThat(find("me/tiny")).isNull();

        Path note = repository.resolve(".no_exist").resolve(COMMIT).resolve("modules.json");
        Files.createDirectories(note.resolveSibling("."));
        Files.writeString(note, "");
        assertThat(find("me/tiny")).isEqualTo(snapshot);

        Files.delete(note);
        Path tree = repository.resolve("trees").resolve(COMMIT + ".json");
        Files.createDirectories(tree.resolveSibling("."));
        Files.writeString(tree, "{\"format_version\": 1, \"files\": {\"config.json\": {}}}");
        assertThat(find("me/tiny")).isEqualTo(snapshot);
        Files.writeString(tree, "{\"format_version\": 1, \"files\": {\"modules.json\": {}}}");
        assertThat(find("me/tiny")).isNull();

        Files.writeString(snapshot.resolve(".gitattributes"), "");
        assertThat(find("me/tiny")).isEqualTo(snapshot);
    }

    @Test
    void aClassifierNeedsNoModules() throws IOException {
        Files.delete(snapshot.resolve("modules.json"));
        Files.writeString(snapshot.resolve("config.json"), """
                {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "max_position_embeddings": 64}""");

        assertThat(find("me/tiny")).isEqualTo(snapshot);
    }

    @Test
    void shardsMustAllBeThere() throws IOException {
        Files.delete(snapshot.resolve("model.safetensors"));
        Files.writeString(
                snapshot.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"1.safetensors\", \"b\": \"2.safetensors\"}}");
        Files.writeString(snapshot.resolve("1.safetensors"), "");
        assertThat(find("me/tiny")).isNull();

        Files.writeString(snapshot.resolve("2.safetensors"), "");
        assertThat(find("me/tiny")).isEqualTo(snapshot);
    }

    @ParameterizedTest
    @ValueSource(strings = {"not a commit", "", "../../../../etc"})
    void aBrokenRefIsNone(String ref) throws IOException {
        Files.writeString(repository.resolve("refs/main"), ref);

        assertThat(find("me/tiny")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"me/../tiny", "../tiny", "me/tiny/more", "me tiny", "/me/tiny", "me--tiny", ".me/tiny", "m\u00e9/tiny"})
    void aNameThatNoRepositoryHas(String name) {
        assertThatThrownBy(() -> find(name)).hasMessageContainingAll("'" + name + "' is not a name on the hub", "=FOLDER");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../main", "/main", "a/../../b", "a b", "main/", "-x"})
    void aRevisionThatIsNone(String revision) {
        assertThatThrownBy(() -> find("me/tiny@" + revision)).hasMessageContaining("'" + revision + "' is not a revision");
    }

    private @Nullable Path find(String model) {
        return hub().find(ModelSpec.parse(model));
    }

    private Hub hub() {
        return new Hub(HubSettings.of(Map.of("HF_HUB_CACHE", cache.toString(), "HF_HUB_OFFLINE", "1")), Progress.SILENT);
    }
}
