package ai.tutti.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: one subcommand a measurement. */
@Command(
        name = "bench/run",
        description = "Measures Tutti beside what it is compared with, in turn, in one run.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TokensCommand.class,
            MixedCommand.class,
            HttpCommand.class,
            LatencyCommand.class,
            BulkCommand.class,
            StartupCommand.class,
            AloneCommand.class,
            TileCommand.class,
            BesideCommand.class,
            ShapeCommand.class,
            ShelfCommand.class,
            M2Command.class,
            DecoderCommand.class,
            PrefixCommand.class,
            WindowCommand.class,
            SearchCommand.class,
            ProfileCommand.class,
            ProfiledPasses.class,
            WorkerCommand.class,
            LoadCommand.class
        })
public final class Main {
    private Main() {}

    /** Ends with 0, or with 2 and a line on what is wrong. */
    public static void main(String... arguments) {
        System.setProperty("RUST_FLAVOR", "cpu");
        var commands = new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
        commands.getSubcommands().values().forEach(one -> one.getCommandSpec().mixinStandardHelpOptions(true));
        System.exit(arguments.length == 0 ? commands.execute("--help") : commands.execute(arguments));
    }
}
