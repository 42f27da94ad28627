package ai.tutti.cli;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.server.StartException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code tutti} command. What the user can mend is one line on standard error and exit code 2; anything else that goes
 * wrong is a defect and exit code 1.
 */
public final class Main {
    private static final int USAGE = 2;
    private static final int DEFECT = 1;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final Path folder;

    /**
     * A command with its surroundings.
     *
     * @param folder the working directory, where {@code tutti.yaml} is looked for
     */
    Main(PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {
        this.out = requireNonNull(out, "out is null");
        this.err = requireNonNull(err, "err is null");
        this.environment = Map.copyOf(environment);
        this.folder = requireNonNull(folder, "folder is null");
    }

    public static void main(String[] arguments) {
        Logs.start();
        System.exit(new Main(System.out, System.err, System.getenv(), Path.of("")).run(arguments));
    }

    /** Runs a command to its end; {@code serve} ends with the process. */
    int run(String... arguments) {
        CommandLine commands = Commands.create()
                .setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.ansi()))
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        boolean verbose = false;
        try {
            ParseResult parsed = commands.parseArgs(arguments);
            if (CommandLine.executeHelpRequest(parsed) != null) {
                return 0;
            }
            if (!parsed.hasSubcommand()) {
                commands.usage(commands.getOut());
                return 0;
            }
            ParseResult command = parsed.subcommand();
            verbose = command.hasMatchedOption(Commands.VERBOSE);
            if (verbose) {
                Logs.verbose();
            }
            run(command);
            return 0;
        } catch (ParameterException e) {
            return fail(explain(e));
        } catch (UsageException | StartException | ModelLoadException e) {
            if (verbose) {
                e.printStackTrace(err);
            }
            return fail(requireNonNull(e.getMessage()));
        } catch (RuntimeException | LinkageError e) {
            if (verbose) {
                e.printStackTrace(err);
            }
            Throwable cause = e.getCause() == null ? e : e.getCause();
            err.println("tutti: this should not happen: " + cause + (verbose ? "" : " (--verbose shows where)"));
            return DEFECT;
        }
    }

    private void run(ParseResult command) {
        switch (command.commandSpec().name()) {
            case "models" -> new ShowModels(out, environment).run(command);
            case "check" -> new Check(out, environment).run(command);
            case "pull" -> new Pull(out, environment).run(command);
            default -> new Serve(out, environment, folder).run(command);
        }
    }

    private int fail(String message) {
        err.println("tutti: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
        return USAGE;
    }

    private static String explain(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        String message = requireNonNull(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
            String argument = unmatched.getUnmatched().getFirst();
            String kind = argument.startsWith("-") ? "option" : command.equals("tutti") ? "command" : "argument";
            String near = unmatched.getSuggestions().stream().limit(3).collect(joining(" or "));
            message = "unknown %s '%s'%s".formatted(kind, argument, near.isEmpty() ? "" : "; did you mean " + near + "?");
        }
        String begin = message.substring(0, 1).toLowerCase(Locale.ROOT);
        return "%s%s (see '%s --help')".formatted(begin, message.substring(1), command);
    }
}
