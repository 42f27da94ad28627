package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.RerankPrompt.Answer;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.SentenceModule.LogitScore;
import ai.tutti.engine.text.ChatTemplate;
import ai.tutti.engine.text.ChatTemplate.Message;
import ai.tutti.engine.text.ChatTemplate.Part;
import ai.tutti.engine.text.ChatTemplate.Place;
import ai.tutti.engine.text.ChatTemplate.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prompt of a folder with a {@code 1_LogitScore} module: its chat template with a message of the role {@code query} and one of
 * the role {@code document}, and in front of them one of the role {@code system} with the instruction, as sentence-transformers
 * (since 5.4) makes it. There the whole text is tokenised at once; which is the same as in pieces where an added token stands
 * between them, so the pieces are parted there.
 */
final class ChatPrompt {
    private final ModelFolder folder;
    private final List<String> markers;

    private ChatPrompt(ModelFolder folder) {
        this.folder = folder;
        this.markers = folder.addedTokens();
    }

    /**
     * A folder's prompt; null where it has no such module.
     *
     * @throws ModelLoadException when it has the module, and no chat template that can be served
     */
    static @Nullable RerankPrompt of(ModelFolder folder) {
        var score = folder.logitScore();
        if (score == null) {
            return null;
        }
        var source = folder.chatTemplate();
        if (source == null) {
            throw refused(folder, "it has a LogitScore module and no chat template");
        }
        try {
            return new ChatPrompt(folder).prompt(ChatTemplate.parse(source), score);
        } catch (IllegalArgumentException e) {
            throw refused(folder, "its chat template cannot be served: " + e.getMessage());
        }
    }

    private static ModelLoadException refused(ModelFolder folder, String why) {
        return new ModelLoadException("%s: %s; set template: (%s, or one of your own) in the configuration file"
                .formatted(folder.path(), why.replaceAll("\\s+", " "), String.join(", ", RerankPrompt.names())));
    }

    private RerankPrompt prompt(ChatTemplate template, LogitScore score) {
        var chosen = folder.defaultPromptName();
        var instruction = chosen == null ? "" : folder.prompts().getOrDefault(chosen, "");
        var plain = Sides.of(rendered(template, instruction.isEmpty() ? null : instruction));
        var instructed = instructed(template);

        int start = lastMarkerEnd(plain.front);
        var before = plain.front.substring(0, start);
        int open = firstMarker(plain.between);
        int close = lastMarkerEnd(plain.between);
        boolean joined = open < 0;
        int line = joined ? plain.between.lastIndexOf('\n') + 1 : close;
        if (firstMarker(plain.behind) != 0) {
            throw new IllegalArgumentException("no special token stands right behind the document");
        }
        var tail = plain.between.substring(0, joined ? line : open);
        boolean takesInstruction = instructed != null
                && instructed.front.startsWith(before)
                && instructed.front.indexOf(PromptText.INSTRUCTION) >= start
                && firstMarker(instructed.front.substring(start)) < 0
                && instructed.between.equals(plain.between)
                && instructed.behind.equals(plain.behind);
        return new RerankPrompt(
                "of its folder",
                before,
                plain.front.substring(start) + PromptText.QUERY + tail,
                takesInstruction ? requireNonNull(instructed).front.substring(start) + PromptText.QUERY + tail : null,
                joined ? null : plain.between.substring(open, close),
                plain.between.substring(line) + PromptText.DOCUMENT,
                List.of(plain.behind),
                new Answer.Ids(score.yes(), score.no()),
                folder.scoreActivation(),
                0,
                RerankPrompt.Limits.NONE);
    }

    /** With an instruction; null where the template has no use for one, or counts its messages. */
    private @Nullable Sides instructed(ChatTemplate template) {
        try {
            return Sides.of(rendered(template, new Place(PromptText.INSTRUCTION)));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private List<Part> rendered(ChatTemplate template, @Nullable Object instruction) {
        var messages = new ArrayList<Message>();
        if (instruction != null) {
            messages.add(message("system", instruction));
        }
        messages.add(message("query", new Place(PromptText.QUERY)));
        messages.add(message("document", new Place(PromptText.DOCUMENT)));
        return template.render(messages);
    }

    private Message message(String role, Object content) {
        return new Message(role, folder.listsContent() ? List.of(Map.of("type", "text", "text", content)) : content);
    }

    /** What stands in front of the query, the instruction's place included, between query and document, and behind it. */
    private record Sides(String front, String between, String behind) {
        static Sides of(List<Part> parts) {
            var sides = new String[] {"", "", ""};
            var wanted = List.of(PromptText.QUERY, PromptText.DOCUMENT);
            int side = 0;
            for (var part : parts) {
                switch (part) {
                    case Text(var text) -> {
                        if (text.contains(PromptText.QUERY) || text.contains(PromptText.DOCUMENT) || text.contains(PromptText.INSTRUCTION)) {
                            throw new IllegalArgumentException("it holds {query}, {document} or {instruction} as its own text");
                        }
                        sides[side] += text;
                    }
                    case Place(var name) -> {
                        if (side == 0 && name.equals(PromptText.INSTRUCTION) && !sides[0].contains(name)) {
                            sides[0] += name;
                        } else if (side < 2 && name.equals(wanted.get(side))) {
                            side++;
                        } else {
                            throw new IllegalArgumentException("it does not put the query and then the document, each once");
                        }
                    }
                }
            }
            if (side < 2) {
                throw new IllegalArgumentException("it does not put the query and then the document, each once");
            }
            return new Sides(requireNonNull(sides[0]), requireNonNull(sides[1]), requireNonNull(sides[2]));
        }
    }

    /** Where the first added token begins; -1 where there is none. */
    private int firstMarker(String text) {
        return markers.stream().mapToInt(text::indexOf).filter(at -> at >= 0).min().orElse(-1);
    }

    /** Where the last added token ends; 0 where there is none. */
    private int lastMarkerEnd(String text) {
        return markers.stream()
                .filter(text::contains)
                .map(marker -> text.lastIndexOf(marker) + marker.length())
                .max(Comparator.naturalOrder())
                .orElse(0);
    }
}
