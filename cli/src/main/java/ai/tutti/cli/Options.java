package ai.tutti.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Options that more than one command has, and how options are made. */
final class Options {
    static final String INPUT = "--input";
    static final String FROM = "--from";
    static final String FIELD = "--field";
    static final String JSON = "--json";
    static final String SERVER = "--server";
    static final String DIMENSIONS = "--dimensions";
    static final String PROMPT_NAME = "--prompt-name";
    static final String INPUT_TYPE = "--input-type";
    static final String TRUNCATE = "--truncate";
    static final String VERBOSE = "--verbose";

    private Options() {}

    /** An option with a value. */
    static OptionSpec value(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .arity("1")
                .type(String.class)
                .description(description)
                .build();
    }

    /** An option that may be given more than once. */
    static OptionSpec values(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .arity("1")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description(description)
                .build();
    }

    /** An option without a value. */
    static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build();
    }

    static PositionalParamSpec arguments(String label, String arity, String description) {
        return PositionalParamSpec.builder()
                .paramLabel(label)
                .arity(arity)
                .required(!arity.startsWith("0"))
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description(description)
                .build();
    }

    static OptionSpec verbose() {
        return flag(VERBOSE, "Log what happens to standard error.");
    }

    static OptionSpec json() {
        return flag(JSON, "Print JSON, for programs (default: when no terminal shows it).");
    }

    /** Where texts come from, beside the arguments. */
    static void addInput(CommandSpec command) {
        command.addOption(value(INPUT, "FILE", "Read texts from a file: .txt (a text a line), .jsonl, .csv, .tsv, .parquet."))
                .addOption(value(FROM, "FORMAT", "What the input is: text, jsonl, csv, tsv, parquet (default: by the file's name; text on standard input)."))
                .addOption(value(FIELD, "NAME", "The field or column with the text (default: text)."));
    }

    /** Which model computes, and where. */
    static void addModel(CommandSpec command) {
        command.addOption(value(Setting.MODEL.flag(), "NAME[=FOLDER]",
                "The model (default: the bundled BAAI/bge-small-en-v1.5)."))
                .addOption(value(SERVER, "URL", "Ask this server, with the key in TOGETHER_API_KEY, instead of computing here."))
                .addOption(value(Setting.PRECISION.flag(), Setting.PRECISION.label(), Setting.PRECISION.description()))
                .addOption(value(Setting.THREADS.flag(), Setting.THREADS.label(), Setting.THREADS.description()));
    }

    /** How texts become vectors. */
    static void addEmbedding(CommandSpec command) {
        addModel(command);
        command.addOption(value(DIMENSIONS, "COUNT", "Only the first so many dimensions."))
                .addOption(value(PROMPT_NAME, "NAME", "One of the model's prompts, put in front of every text."))
                .addOption(value(INPUT_TYPE, "TYPE", "What the texts are: query or document."))
                .addOption(value(TRUNCATE, "end|start|error", "What to do with texts that are too long (default: end)."));
    }
}
