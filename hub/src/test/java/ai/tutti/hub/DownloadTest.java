package ai.tutti.hub;

import static ai.tutti.hub.LoopbackHub.cut;
import static ai.tutti.hub.LoopbackHub.ignoringRanges;
import static ai.tutti.hub.LoopbackHub.status;
import static ai.tutti.hub.TestModels.NAME;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads, against a hub on this machine. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class DownloadTest {
    private static final Retries QUICK = new Retries(5, Duration.ofMillis(10), Duration.ofSeconds(2));
    private static final int SIZE = 300_000;
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    private Path folder;

    private final LoopbackHub hub;
    private final Told told = new Told();
    private Path cache = Path.of("");
    private Map<String, byte[]> files = Map.of();

    DownloadTest() throws IOException {
        hub = new LoopbackHub();
    }

    @BeforeEach
    void publish() {
        cache = folder.resolve("cache");
        files = TestModels.embedding(SIZE);
        hub.publish(NAME, files);
    }

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void whatIsNeededComesAndNothingElse() throws IOException {
        Path snapshot = pull();

        assertThat(snapshot).isEqualTo(cache.resolve("models--me--tiny/snapshots").resolve(hub.commit(NAME)));
        assertThat(names(snapshot)).containsExactlyInAnyOrder(TestModels.needed());
        assertThat(hub.fetched()).containsExactlyInAnyOrder(TestModels.needed());
        assertWhole(snapshot);
        assertThat(told.received).hasValue(told.bytes.get());
    }

    @Test
    void theCacheLooksAsPythonWritesIt() throws IOException {
        Path snapshot = pull();

        Path repository = cache.resolve("models--me--tiny");
        String etag = LoopbackHub.etag(content(WEIGHTS));
        assertThat(Files.readSymbolicLink(snapshot.resolve(WEIGHTS))).isEqualTo(Path.of("../../blobs/" + etag));
        assertThat(Files.readSymbolicLink(snapshot.resolve("1_Pooling/config.json")))
                .isEqualTo(Path.of("../../../blobs/" + LoopbackHub.etag(content("1_Pooling/config.json"))));
        assertThat(repository.resolve("refs/main")).hasContent(hub.commit(NAME));
        assertThat(repository.resolve(".no_exist").resolve(hub.commit(NAME)).resolve("config_sentence_transformers.json"))
                .isEmptyFile();
        assertThat(repository.resolve("blobs")).isDirectoryNotContaining("glob:**incomplete");
        assertThat(cache.resolve(".locks/models--me--tiny/" + etag + ".lock")).exists();
    }

    @Test
    void whatIsHereIsNotAskedForAgain() {
        Path first = pull();
        hub.requests().clear();

        assertThat(hub().locate(spec())).isEqualTo(first);
        assertThat(hub.requests()).isEmpty();

        assertThat(pull()).isEqualTo(first);
        assertThat(hub.fetched()).isEmpty();
    }

    @Test
    void aNewCommitBringsOnlyWhatChanged() throws IOException {
        Path old = pull();
        files.put("config.json", "{\"model_type\": \"bert\", \"max_position_embeddings\": 32}".getBytes(UTF_8));
        hub.publish(NAME, files);
        hub.requests().clear();

        assertThat(hub().locate(spec())).as("used as it is").isEqualTo(old);
        Path fresh = pull();

        assertThat(fresh).isNotEqualTo(old);
        assertWhole(fresh);
        assertThat(hub.fetched()).containsExactly("config.json");
        assertThat(hub().find(spec())).isEqualTo(fresh);
        assertThat(hub().find(new ModelSpec(NAME, old.getFileName().toString(), null))).isEqualTo(old);
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "refs/pr/1"})
    void aRevisionHasItsOwnRef(String revision) {
        hub().pull(new ModelSpec(NAME, revision, null));

        assertThat(cache.resolve("models--me--tiny/refs").resolve(revision)).hasContent(hub.commit(NAME));
        assertThat(hub().find(new ModelSpec(NAME, revision, null))).isNotNull();
        assertThat(hub().find(spec())).as("main is not known").isNull();
    }

    @Test
    void aBreakInMidFileIsMended() throws IOException {
        var random = new Random(7);
        for (int i = 0; i < 12; i++) {
            hub.next("GET storage .*" + WEIGHTS, cut(1 + random.nextInt(SIZE / 8)));
        }
        for (int i = 0; i < 3; i++) {
            hub.next("GET hub .*/tokenizer.json", cut(1 + random.nextInt(5000)));
        }

        assertWhole(pull());

        List<String> ranges = hub.requests().stream()
                .filter(request -> request.server().equals("storage") && request.headers().containsKey("range"))
                .map(request -> request.headers().getFirst("range"))
                .toList();
        assertThat(ranges).hasSizeGreaterThan(5).doesNotHaveDuplicates().allMatch(range -> range.matches("bytes=[1-9]\\d*-"));
        assertThat(told.received).hasValue(told.bytes.get());
    }

    @Test
    void aServerWithoutRangesSendsItAllAgain() throws IOException {
        hub.next("GET storage", cut(SIZE / 2));
        hub.next("GET storage", ignoringRanges());

        assertWhole(pull());
        assertThat(told.received).hasValue(told.bytes.get());
    }

    @Test
    void aServerThatFallsSilentIsLeftAndAskedAgain() throws IOException {
        hub.next("GET storage", LoopbackHub.stall(SIZE / 3, Duration.ofSeconds(20)));

        assertWhole(pull(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "1")));
    }

    @Test
    void aSlowServerIsWaitedFor() throws IOException {
        hub.next("GET hub /api", LoopbackHub.after(Duration.ofMillis(800)));
        hub.next("GET storage", LoopbackHub.after(Duration.ofMillis(800)));

        assertWhole(pull(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "2")));
    }

    @ParameterizedTest
    @CsvSource({"429, 1", "503, 1", "500, 0", "502, 0", "504, 0", "408, 0"})
    void aBusyHubIsAskedAgain(int status, String after) throws IOException {
        hub.next("GET hub /api", status(status, "retry-after", after));
        hub.next("HEAD hub .*/config.json", status(status, "retry-after", after));
        hub.next("GET storage", status(status, "retry-after", after));
        long began = System.nanoTime();

        assertWhole(pull());

        if (after.equals("1")) {
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(3));
            assertThat(told.notes).anyMatch(note -> note.contains("" + status) && note.contains("trying again in 1 s"));
        }
    }

    @Test
    void aHubThatAsksForMorePatienceThanThereIsSaysSo() {
        hub.next("GET hub /api", status(429, "ratelimit", "\"api\";r=0;t=250"));

        assertRefused(spec(), "answers 429, too many requests (it takes more of them with a token, HF_TOKEN); it asks to wait 250 s");
    }

    @Test
    void anOutdatedBeginningIsReplaced() throws IOException {
        pull();
        String etag = LoopbackHub.etag(content(WEIGHTS));
        Path blobs = cache.resolve("models--me--tiny/blobs");
        Files.delete(blobs.resolve(etag));
        Files.write(blobs.resolve(etag + ".tutti.incomplete"), new byte[1000]);

        assertWhole(pull());
    }

    @Test
    void anEarlierBeginningIsContinued() throws IOException {
        pull();
        String etag = LoopbackHub.etag(content(WEIGHTS));
        Path blobs = cache.resolve("models--me--tiny/blobs");
        Files.delete(blobs.resolve(etag));
        Files.write(blobs.resolve(etag + ".tutti.incomplete"), Arrays.copyOf(content(WEIGHTS), SIZE - 10));
        hub.requests().clear();

        assertWhole(pull());
        assertThat(hub.requests().getLast().headers().getFirst("range")).isEqualTo("bytes=%d-".formatted(SIZE - 10));
    }

    /** The process ended between the last byte and the file's name. */
    @Test
    void aWholeBeginningIsNotFetchedAgain() throws IOException {
        pull();
        String etag = LoopbackHub.etag(content(WEIGHTS));
        Path blobs = cache.resolve("models--me--tiny/blobs");
        Files.delete(blobs.resolve(etag));
        Files.write(blobs.resolve(etag + ".tutti.incomplete"), content(WEIGHTS));
        hub.requests().clear();

        assertWhole(pull());
        assertThat(hub.requests()).noneMatch(request -> request.headers().containsKey("range"));
    }

    @ParameterizedTest
    @ValueSource(strings = {WEIGHTS, "config.json"})
    void contentThatIsNotWhatItsNameSaysIsRefused(String file) throws IOException {
        String wrong = LoopbackHub.etag(TestModels.noise(content(file).length, 99));
        hub.misname(file, wrong);

        assertRefused(spec(), file + " of me/tiny came from", "other content than its checksum");

        assertThat(names(cache)).noneMatch(name -> name.endsWith("/" + file) && !name.contains("1_Pooling"));
        Path blobs = cache.resolve("models--me--tiny/blobs");
        assertThat(blobs.resolve(wrong)).doesNotExist();
        assertThat(blobs.resolve(wrong + ".tutti.incomplete")).doesNotExist();
        assertThat(hub().find(spec())).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {SIZE - 1, SIZE + 1, 1, SIZE * 2L})
    void aSizeThatIsNotWhatWasSaidIsRefused(long size) throws IOException {
        hub.missize(WEIGHTS, size);

        assertThatThrownBy(this::pull).isInstanceOf(ModelLoadException.class).hasMessageContaining(WEIGHTS);
        assertThat(hub().find(spec())).isNull();
    }

    @Test
    void aFullDiskIsSaidBeforeAnythingComes() {
        hub.missize(WEIGHTS, 1L << 60);

        assertRefused(spec(), "needs 1.15 EB", "free: make room");
        assertThat(hub.fetched()).doesNotContain(WEIGHTS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../evil", "/etc/evil", "a/../../evil", "a\\\\..\\\\evil", "C:/evil", "a//evil", "./evil", "evil/"})
    void aNameThatLeadsOutOfTheFolderIsRefused(String name) {
        files.put(name.replace("\\\\", "\\"), new byte[10]);
        hub.publish(NAME, files);

        assertRefused(spec(), "outside the model's folder", "evil");
        assertThat(hub.fetched()).isEmpty();
    }

    @Test
    void whatAFileNamesBesidesMustBeThere() {
        files.remove(WEIGHTS);
        TestModels.text(files, WEIGHTS + ".index.json", "{\"weight_map\": {\"a\": \"../../../../.ssh/key\"}}");
        hub.publish(NAME, files);

        assertRefused(spec(), "has no ../../../../.ssh/key of it");
    }

    @Test
    void anEtagThatIsNoNameIsRefused() {
        hub.misname(WEIGHTS, "../../../evil");

        assertRefused(spec(), WEIGHTS, "ETag");
        assertThat(folder.resolve("evil")).doesNotExist();
    }

    @Test
    void aTokenIsShownToTheHubAlone() {
        pull(Map.of("HF_TOKEN", "hf_secret"));

        assertThat(hub.requests()).filteredOn(request -> request.server().equals("hub"))
                .allMatch(request -> "Bearer hf_secret".equals(request.headers().getFirst("authorization")));
        assertThat(hub.requests()).filteredOn(request -> request.server().equals("storage"))
                .isNotEmpty()
                .noneMatch(request -> request.headers().toString().contains("hf_secret"));
    }

    @Test
    void aRenamedRepositoryIsFollowedWithTheToken() throws IOException {
        hub.rename("me/old", NAME);

        Path snapshot = hub(Map.of("HF_TOKEN", "hf_secret")).pull(ModelSpec.parse("me/old"));

        assertThat(snapshot.toString()).contains("models--me--old");
        assertWhole(snapshot);
        assertThat(hub.requests()).filteredOn(request -> request.path().startsWith("/me/tiny"))
                .filteredOn(request -> request.server().equals("hub"))
                .allMatch(request -> "Bearer hf_secret".equals(request.headers().getFirst("authorization")));
    }

    @Test
    void aRedirectInACircleEnds() {
        hub.rename("me/a", "me/b");
        hub.rename("me/b", "me/a");

        assertRefused(ModelSpec.parse("me/a"), "redirects in a circle");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            401 | GatedRepo        |                               | is gated: accept its terms at
            403 | GatedRepo        |                               | is gated: accept its terms at
            401 | RepoNotFound     | Repository not found          | has no model me/tiny, or it is private
            404 | RepoNotFound     | Repository not found          | has no model me/tiny, or it is private
            401 |                  | Invalid credentials in header | does not know the token
            401 |                  | Invalid username or password  | has no model me/tiny, or it is private
            404 | RevisionNotFound | Invalid rev id                | has no revision 'main'
            403 |                  | Access is disabled            | refuses me/tiny with 403, saying "Access is disabled"
            451 |                  |                               | refuses me/tiny with 451, without a reason
            """)
    void aRefusalIsExplained(int status, String code, String message, String explained) {
        hub.next("GET hub /api", status(
                status, "x-error-code", code == null ? "" : code, "x-error-message", message == null ? "" : message));

        assertRefused(spec(), explained);
        assertThat(hub.requests()).hasSize(1);
    }

    @Test
    void whoHasATokenIsToldMore() {
        hub.next("GET hub /api", status(403, "x-error-code", "GatedRepo"));

        assertThatThrownBy(() -> pull(Map.of("HF_TOKEN", "hf_secret")))
                .hasMessageContaining("the owner of the token in use has no access: ask for it at " + hub.endpoint())
                .message().doesNotContain("hf_secret");
    }

    @Test
    void anUnknownNameAndAnUnknownRevision() {
        assertRefused(ModelSpec.parse("nobody/nothing"), "has no model nobody/nothing");
        assertRefused(ModelSpec.parse(NAME + "@v9"), "me/tiny has no revision 'v9'");
    }

    @Test
    void aRepositoryThatIsNoModel() {
        hub.publish("me/data", Map.of("data.csv", new byte[3]));
        hub.publish("me/gguf", Map.of("config.json", "{}".getBytes(UTF_8), "model.gguf", new byte[3]));

        assertRefused(ModelSpec.parse("me/data"), "me/data cannot be served", "has no config.json of it");
        assertRefused(ModelSpec.parse("me/gguf"), "me/gguf cannot be served", "has no weights that can be read");
    }

    @Test
    void aModelThatCannotBeServedIsNotFetchedToBeServed() {
        TestModels.text(files, "config.json", "{\"model_type\": \"hyena\", \"max_position_embeddings\": 64}");
        hub.publish(NAME, files);

        assertThatThrownBy(() -> hub().locate(spec()))
                .isInstanceOf(ModelLoadException.class)
                .hasMessage("me/tiny cannot be served by this version of Tutti, which does not compute models of type \"hyena\"");
        assertThat(hub.fetched()).doesNotContain(WEIGHTS);

        assertWhole(pull());
        assertThat(told.notes).anyMatch(note -> note.contains("hyena") && note.contains("its files come all the same"));
    }

    @Test
    void aModelWithoutPublishedWeightsIsNotAskedFor() {
        assertRefused(ModelSpec.parse("Salesforce/Llama-Rank-v1"), "Salesforce/Llama-Rank-V1 cannot be had", "never published");
        assertThat(hub.requests()).isEmpty();
    }

    @Test
    void theFolderOfAModelFrom2019() throws IOException {
        TestModels.text(files, "modules.json", """
                [{"path": "0_BERT", "type": "sentence_transformers.models.BERT"},
                 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]""");
        for (String name : List.of("config.json", "tokenizer_config.json", "vocab.txt", "pytorch_model.bin", "sentence_bert_config.json")) {
            files.put("0_BERT/" + name, content(name));
            files.remove(name);
        }
        hub.publish(NAME, files);

        assertThat(names(pull())).containsExactlyInAnyOrder(
                "modules.json", "1_Pooling/config.json", "0_BERT/config.json", "0_BERT/tokenizer_config.json", "0_BERT/vocab.txt",
                "0_BERT/pytorch_model.bin", "0_BERT/sentence_bert_config.json");
        assertThat(hub().find(spec())).isNotNull();
    }

    @Test
    void aHubThatIsDownLeavesWhatIsHere() {
        Path snapshot = pull();
        hub.close();

        assertThat(pull()).isEqualTo(snapshot);
        assertThat(told.notes).anyMatch(note -> note.contains("cannot be reached") && note.contains("using what is here"));
    }

    @Test
    void aHubThatIsDownAndNothingHere() {
        hub.close();

        assertRefused(spec(), "me/tiny is not in " + cache, "cannot be reached (connection refused)", "--model me/tiny=FOLDER");
    }

    @Test
    void aHostThatDoesNotExist() {
        assertThatThrownBy(() -> pull(Map.of("HF_ENDPOINT", "http://no-such-host.invalid")))
                .hasMessageContaining("no-such-host.invalid cannot be found");
    }

    @Test
    void offlineAsksNobody() {
        assertThatThrownBy(() -> pull(Map.of("HF_HUB_OFFLINE", "1")))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("HF_HUB_OFFLINE is set");
        Path snapshot = pull();
        hub.requests().clear();

        assertThat(pull(Map.of("HF_HUB_OFFLINE", "1"))).isEqualTo(snapshot);
        assertThat(hub.requests()).isEmpty();
    }

    @Test
    void withoutLinksFilesLieInTheSnapshot() throws IOException {
        Path snapshot = pull(Map.of("HF_HUB_DISABLE_SYMLINKS", "1"));

        assertWhole(snapshot);
        assertThat(snapshot.resolve(WEIGHTS)).isRegularFile().matches(file -> !Files.isSymbolicLink(file));
        hub.requests().clear();
        assertThat(pull(Map.of("HF_HUB_DISABLE_SYMLINKS", "1"))).isEqualTo(snapshot);
        assertThat(hub.fetched()).isEmpty();
    }

    @Test
    void aSnapshotIsNotTakenForWholeBeforeItIs() throws IOException {
        var pinned = new ModelSpec(NAME, hub.commit(NAME), null);
        hub.next("GET hub .*/sentence_bert_config.json", status(404));

        assertThatThrownBy(() -> hub().pull(pinned)).hasMessageContaining("sentence_bert_config.json");
        assertThat(hub().find(pinned)).isNull();

        assertWhole(hub().pull(pinned));
    }

    @Test
    void twoNamesOfOneContentComeOnce() throws IOException {
        files.put("special_tokens_map.json", files.get("tokenizer_config.json"));
        hub.publish(NAME, files);

        Path snapshot = pull();

        assertWhole(snapshot);
        assertThat(hub.fetched()).filteredOn(name -> name.matches("special_tokens_map.json|tokenizer_config.json")).hasSize(1);
    }

    @Test
    void shardsAndModulesOfTheirOwn() throws IOException {
        files.remove(WEIGHTS);
        TestModels.text(files, WEIGHTS + ".index.json",
                "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\", \"c\": \"model-1.safetensors\"}}");
        files.put("model-1.safetensors", TestModels.noise(50_000, 3));
        files.put("model-2.safetensors", TestModels.noise(60_000, 4));
        files.put("model-3.safetensors", TestModels.noise(60_000, 5));
        TestModels.text(files, "modules.json", """
                [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"},
                 {"path": "2_Dense", "type": "x.Dense"}]""");
        TestModels.text(files, "2_Dense/config.json", "{}");
        files.put("2_Dense/model.safetensors", new byte[10]);
        files.put("2_Dense/pytorch_model.bin", new byte[10]);
        hub.publish(NAME, files);

        assertThat(names(pull()))
                .contains("model-1.safetensors", "model-2.safetensors", "2_Dense/config.json", "2_Dense/model.safetensors")
                .doesNotContain("model-3.safetensors", "2_Dense/pytorch_model.bin", "pytorch_model.bin");
    }

    @ParameterizedTest
    @CsvSource({
        "model.safetensors, model.safetensors",
        "none, pytorch_model.bin",
        "pytorch_model.bin, onnx/model.onnx",
    })
    void oneFormOfTheWeightsComes(String removedOrKept, String expected) throws IOException {
        if (!removedOrKept.equals(WEIGHTS)) {
            files.remove(WEIGHTS);
            files.remove(removedOrKept);
        }
        hub.publish(NAME, files);

        assertThat(names(pull())).contains(expected).filteredOn(name -> name.matches(".*(bin|onnx|safetensors)")).hasSize(1);
    }

    @Test
    void withoutATokenizerFileItsVocabularyComes() throws IOException {
        files.remove("tokenizer.json");
        hub.publish(NAME, files);

        assertThat(names(pull())).contains("vocab.txt");
    }

    @Test
    void manyAtOnceInOneProcess() throws Exception {
        Stream<Path> snapshots = Stream.generate(() -> NAME).limit(6).parallel().map(name -> pull());

        assertThat(snapshots.distinct().toList()).hasSize(1).allSatisfy(this::assertWhole);
        assertThat(hub.fetched()).filteredOn(WEIGHTS::equals).hasSize(1);
    }

    private byte[] content(String name) {
        return requireNonNull(files.get(name));
    }

    private static ModelSpec spec() {
        return ModelSpec.parse(NAME);
    }

    private Hub hub() {
        return hub(Map.of());
    }

    private Hub hub(Map<String, String> environment) {
        return new Hub(hub.settings(cache, environment), told, QUICK);
    }

    private Path pull() {
        return pull(Map.of());
    }

    private Path pull(Map<String, String> environment) {
        return hub(environment).pull(spec());
    }

    private void assertRefused(ModelSpec spec, String... parts) {
        assertThatThrownBy(() -> hub().pull(spec))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContainingAll(parts)
                .message().doesNotContain("\n");
    }

    private void assertWhole(Path snapshot) {
        for (String name : TestModels.needed()) {
            assertThat(snapshot.resolve(name)).hasBinaryContent(content(name));
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString()).toList();
        }
    }

    /** What was told. */
    private static final class Told implements Progress {
        private final ConcurrentLinkedQueue<String> notes = new ConcurrentLinkedQueue<>();
        private final AtomicLong bytes = new AtomicLong();
        private final AtomicLong received = new AtomicLong();

        @Override
        public void started(String model, int files, long whole, long present) {
            bytes.addAndGet(whole - present);
        }

        @Override
        public void received(long count) {
            received.addAndGet(count);
        }

        @Override
        public void finished() {}

        @Override
        public void note(String line) {
            notes.add(line);
        }
    }
}
