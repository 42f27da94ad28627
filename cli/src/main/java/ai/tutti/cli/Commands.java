package ai.tutti.cli;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** The commands and their options, one option for each {@link Setting}. */
final class Commands {
    static final String CONFIG = "--config";
    static final String VERBOSE = Options.VERBOSE;
    static final String JSON = Options.JSON;
    static final String AGAINST = "--against";
    static final String TEXTS = "--texts";

    private static final int WIDTH = 80;

    private Commands() {}

    static CommandLine create() {
        CommandSpec root = command()
                .name("tutti")
                .addSubcommand("serve", serve())
                .addSubcommand("embed", Embed.describe(command()))
                .addSubcommand("similarity", Similarity.describe(command()))
                .addSubcommand("rerank", RerankCommand.describe(command()))
                .addSubcommand("index", IndexCommand.describe(command()))
                .addSubcommand("search", SearchCommand.describe(command()))
                .addSubcommand("ask", AskCommand.describe(command()))
                .addSubcommand("models", models())
                .addSubcommand("pull", pull())
                .addSubcommand("check", check());
        root.usageMessage()
                .description("Runs embedding and rerank models on this machine, behind Together AI's API.%n")
                .footer("To begin: tutti serve");
        // A text may begin with an at sign.
        return new CommandLine(root).setExpandAtFiles(false);
    }

    private static CommandSpec serve() {
        CommandSpec serve = command();
        for (Setting setting : Setting.values()) {
            serve.addOption(option(setting));
        }
        serve.addOption(OptionSpec.builder(CONFIG)
                .paramLabel("FILE")
                .type(String.class)
                .description("Configuration file (default: tutti.yaml in this folder, if there).")
                .build());
        serve.addOption(Options.verbose());
        serve.usageMessage()
                .description("Serves embedding and rerank models behind Together AI's API.%n")
                .footer(
                        "%nEach option above --config is also an environment variable, TUTTI_ and its name",
                        "in capitals (TUTTI_MAX_BODY=16MB; a comma parts repeated values), and a key of",
                        "the configuration file (max-body: 16MB). A flag wins over the environment, the",
                        "environment over the file. The file may also describe models one by one:",
                        "",
                        "  models:",
                        "    my-model: {path: /models/my-model, precision: bf16, max-tokens: 256}");
        return serve;
    }

    private static CommandSpec models() {
        CommandSpec models = command()
                .addPositional(PositionalParamSpec.builder()
                        .paramLabel("NAME")
                        .arity("0..1")
                        .type(String.class)
                        .description("A model, also as NAME@REVISION or NAME=FOLDER: says how it is run.")
                        .build())
                .addOption(OptionSpec.builder(JSON)
                        .type(boolean.class)
                        .arity("0")
                        .description("Print JSON, for programs.")
                        .build())
                .addOption(Options.verbose());
        models.usageMessage().description("Shows which models are known and which are here.%n");
        return models;
    }

    private static CommandSpec pull() {
        CommandSpec pull = command()
                .addPositional(PositionalParamSpec.builder()
                        .paramLabel("NAME[@REVISION]")
                        .arity("1..*")
                        .required(true)
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .description("Models, by their names on the hub.")
                        .build())
                .addOption(Options.verbose());
        pull.usageMessage()
                .description("Fetches models into the Hugging Face cache, or brings them up to date there.%n")
                .footer(
                        "%nThe cache and the hub are those of the Python libraries: HF_HOME, HF_HUB_CACHE,",
                        "HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE say where and how.");
        return pull;
    }

    private static CommandSpec check() {
        CommandSpec check = command()
                .addPositional(PositionalParamSpec.builder()
                        .paramLabel("NAME[=FOLDER]")
                        .arity("1")
                        .required(true)
                        .type(String.class)
                        .description("An embedding model.")
                        .build())
                .addOption(OptionSpec.builder(AGAINST)
                        .paramLabel("FILE")
                        .required(true)
                        .type(String.class)
                        .description("Lines of {\"text\": \"...\", \"embedding\": [...]}, as they were once got.")
                        .build())
                .addOption(OptionSpec.builder(TEXTS)
                        .paramLabel("N")
                        .type(String.class)
                        .description("Compare the first N lines (default: 200).")
                        .build())
                .addOption(Options.verbose());
        check.usageMessage().description("Compares a model's vectors with vectors from elsewhere.%n");
        return check;
    }

    private static CommandSpec command() {
        CommandSpec command = CommandSpec.create().mixinStandardHelpOptions(true).version("Tutti " + Version.current());
        tidy(command.usageMessage());
        return command;
    }

    /** The settings that were given as flags. */
    static Map<Setting, List<Given>> flags(ParseResult parsed) {
        var given = new EnumMap<Setting, List<Given>>(Setting.class);
        for (Setting setting : Setting.values()) {
            if (parsed.hasMatchedOption(setting.flag())) {
                List<String> values = setting.isSwitch()
                        ? List.of("true")
                        : parsed.matchedOption(setting.flag()).originalStringValues();
                given.put(setting, values.stream().map(text -> new Given(text, setting.flag())).toList());
            }
        }
        return given;
    }

    private static OptionSpec option(Setting setting) {
        OptionSpec.Builder option = OptionSpec.builder(setting.flag()).description(setting.description());
        if (setting.isSwitch()) {
            return option.type(boolean.class).arity("0").build();
        }
        option.paramLabel(setting.label()).arity("1");
        return setting.repeatable()
                ? option.type(List.class).auxiliaryTypes(String.class).build()
                : option.type(String.class).build();
    }

    private static void tidy(UsageMessageSpec usage) {
        usage.width(WIDTH).sortOptions(false).abbreviateSynopsis(true).commandListHeading("%nCommands:%n");
    }
}
