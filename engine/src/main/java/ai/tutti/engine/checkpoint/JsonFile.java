package ai.tutti.engine.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A folder's JSON files, with failures that say what to do. */
final class JsonFile {
    /** Where an unclosed object began, in a form that says nothing. */
    private static final Pattern START_MARKER = Pattern.compile(" \\(start marker at .*\\)$");

    private JsonFile() {}

    static JsonNode read(Path file) {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new ModelLoadException(file + " is missing: download the model's whole folder", e);
        } catch (IOException e) {
            throw new ModelLoadException(file + " cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw invalid(file, e);
        }
    }

    static ModelLoadException invalid(Path file, JacksonException fault) {
        return new ModelLoadException("%s is not valid JSON (%s): download it again".formatted(file, explain(fault)), fault);
    }

    private static String explain(JacksonException fault) {
        String what = OneLine.of(START_MARKER.matcher(fault.getOriginalMessage()).replaceAll(""));
        TokenStreamLocation at = fault.getLocation();
        return at == null ? what : "%s, line %d, column %d".formatted(what, at.getLineNr(), at.getColumnNr());
    }
}
