package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelSpecTest {
    @Test
    void aNameAlone() {
        assertThat(ModelSpec.parse("BAAI/bge-small-en-v1.5")).isEqualTo(new ModelSpec("BAAI/bge-small-en-v1.5", null));
    }

    @Test
    void aNameAndItsFolder() {
        assertThat(ModelSpec.parse("my/model=/models/a=b"))
                .isEqualTo(new ModelSpec("my/model", Path.of("/models/a=b")));
    }

    @Test
    void aNameAndItsRevision() {
        assertThat(ModelSpec.parse("my/model@refs/pr/1")).isEqualTo(new ModelSpec("my/model", "refs/pr/1", null));
        assertThat(ModelSpec.parse("my/model@v1")).hasToString("my/model@v1");
    }

    @Test
    void aFolderHasNoRevisions() {
        assertThatThrownBy(() -> ModelSpec.parse("my/model@v1=/models/m"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("my/model@v1: a folder on this machine has no revisions; give one or the other");
    }

    @Test
    void tildeIsTheUsersHome() {
        assertThat(ModelSpec.parse("m=~/models/m").folder())
                .isEqualTo(Path.of(System.getProperty("user.home"), "models", "m"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "=", "=/models/m", "m=", "m=  ", "m@", "@v1", "m@=/models/m"})
    void neither(String text) {
        assertThatThrownBy(() -> ModelSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none of NAME, NAME@REVISION and NAME=FOLDER")
                .hasMessageContaining("BAAI/bge-small-en-v1.5=/");
    }
}
