package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.text.InvalidInputException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which text goes in front of an input. */
final class PromptsTest {
    private static final Prompts PROMPTS =
            new Prompts(Map.of("query", "folder: "), null, Map.of("query", "catalogue: ", "passage", "passage: "));

    @ParameterizedTest
    @CsvSource({
        ",                ,                ''",
        "query,           ,                'folder: '",
        "passage,         ,                'passage: '",
        ",                query,           'folder: '",
        ",                search_query,    'folder: '",
        ",                document,        'passage: '",
        ",                search_document, 'passage: '",
        "passage,         query,           'passage: '"
    })
    void aPromptAppliesWhenAskedForByNameBeforeType(String name, String type, String prompt) {
        assertThat(PROMPTS.choose(name, type)).isEqualTo(prompt);
    }

    @Test
    void theFoldersDefaultAppliesWhenNothingIsAskedFor() {
        var prompts = new Prompts(Map.of("query", "q: ", "document", "d: "), "document", Map.of());

        assertThat(prompts.choose(null, null)).isEqualTo("d: ");
        assertThat(prompts.choose(null, "query")).isEqualTo("q: ");
        assertThat(prompts.choose("query", null)).isEqualTo("q: ");
    }

    @Test
    void anEmptyPromptOfTheFolderIsItsWordByNameAndNoneByType() {
        var saved = new Prompts(
                Map.of("query", "", "document", "", "passage", "passage: "), null, Map.of("query", "catalogue: "));

        assertThat(saved.choose("query", null)).isEmpty();
        assertThat(saved.choose(null, "query")).isEqualTo("catalogue: ");
        assertThat(saved.choose(null, "document")).isEqualTo("passage: ");
    }

    @Test
    void withoutBeingAskedOnlyWhatTheFolderDeclaresApplies() {
        assertThat(PROMPTS.declared(Prompts.QUERY)).isEqualTo("folder: ");
        assertThat(PROMPTS.declared(Prompts.DOCUMENT)).isEmpty();
        var byDefault = new Prompts(Map.of("document", "", "any", "any: "), "any", Map.of("query", "catalogue: "));
        assertThat(byDefault.declared(Prompts.QUERY)).isEqualTo("any: ");
        assertThat(byDefault.declared(Prompts.DOCUMENT)).as("declared to be empty").isEmpty();
    }

    @Test
    void aModelWithoutAPromptForTheTypeTakesTheTextBare() {
        assertThat(new Prompts(Map.of(), null, Map.of()).choose(null, "search_query")).isEmpty();
    }

    @Test
    void unknownNamesAndTypesAreRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> PROMPTS.choose("title", null))
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo("prompt_name"))
                .hasMessage("prompt_name 'title' is not one of this model's prompts: passage, query");
        assertThatThrownBy(() -> PROMPTS.choose(null, "clustering"))
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo("input_type"))
                .hasMessageContaining("query, document, search_query, search_document");
    }
}
