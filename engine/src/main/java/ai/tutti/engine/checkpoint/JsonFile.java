package ai.tutti.engine.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A folder's JSON files, with failures that say what to do. */
final class JsonFile {
    private JsonFile() {}

    static JsonNode read(Path file) {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new ModelLoadException(file + " is missing: download the model's whole folder", e);
        } catch (IOException e) {
            throw new ModelLoadException(file + " cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new ModelLoadException(
                    "%s is not valid JSON (%s): download it again".formatted(file, OneLine.of(e.getOriginalMessage())), e);
        }
    }
}
