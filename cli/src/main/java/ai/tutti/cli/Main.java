package ai.tutti.cli;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import ai.tutti.cli.rows.BrokenPipeException;
import ai.tutti.cli.rows.RowException;
import ai.tutti.client.ApiInterruptedException;
import ai.tutti.client.TuttiException;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.search.StoreException;
import ai.tutti.server.StartException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code tutti} command. What is wrong with what the user gave is one line on standard error and exit code 2; what fails on
 * the way, such as a server that is gone or a full disk, is one line and exit code 1.
 */
public final class Main {
    private static final int USAGE = 2;
    private static final int FAILURE = 1;
    /** What shells make of a process that a broken pipe or Ctrl-C ended. */
    private static final int BROKEN_PIPE = 128 + 13;
    private static final int INTERRUPTED = 128 + 2;

    private final Surroundings surroundings;
    private final PrintStream out;
    private final PrintStream err;

    Main(Surroundings surroundings) {
        this.surroundings = requireNonNull(surroundings, "surroundings is null");
        this.out = surroundings.out();
        this.err = surroundings.err();
    }

    public static void main(String[] arguments) {
        Logs.start();
        var surroundings = new Surroundings(System.in, System.out, System.err, System.getenv(), Path.of(""));
        System.exit(CalmEnd.of(() -> new Main(surroundings).run(arguments)));
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
            return fail(USAGE, explain(e));
        } catch (BrokenPipeException e) {
            return BROKEN_PIPE;
        } catch (InterruptedException | ClosedByInterruptException | ApiInterruptedException e) {
            return INTERRUPTED;
        } catch (UsageException | StartException | ModelLoadException | RowException e) {
            trace(e, verbose);
            return fail(USAGE, requireNonNull(e.getMessage()));
        } catch (TuttiException | StoreException e) {
            trace(e, verbose);
            return fail(FAILURE, requireNonNull(e.getMessage()));
        } catch (IOException e) {
            trace(e, verbose);
            return fail(FAILURE, explain(e));
        } catch (RuntimeException | LinkageError e) {
            trace(e, verbose);
            if (CalmEnd.isAsked()) {
                return INTERRUPTED;
            }
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String where = verbose ? "" : " (--verbose shows where)";
            err.println("tutti: this should not happen: " + Display.safe(cause.toString()) + where);
            return FAILURE;
        }
    }

    private void trace(Throwable thrown, boolean verbose) {
        if (verbose) {
            thrown.printStackTrace(err);
        }
    }

    private void run(ParseResult command) throws IOException, InterruptedException {
        Map<String, String> environment = surroundings.environment();
        switch (command.commandSpec().name()) {
            case "embed" -> new Embed(surroundings).run(new Args(command));
            case "similarity" -> new Similarity(surroundings).run(new Args(command));
            case "index" -> new IndexCommand(surroundings).run(new Args(command));
            case "search" -> new SearchCommand(surroundings).run(new Args(command));
            case "ask" -> new AskCommand(surroundings).run(new Args(command));
            case "rerank" -> new RerankCommand(surroundings).run(new Args(command));
            case "models" -> new ShowModels(out, environment).run(command);
            case "check" -> new Check(out, environment).run(command);
            case "pull" -> new Pull(out, environment).run(command);
            default -> new Serve(out, err, environment, surroundings.folder()).run(command);
        }
    }

    private int fail(int code, String message) {
        if (CalmEnd.isAsked()) {
            return INTERRUPTED;
        }
        err.println("tutti: " + Display.safe(message.strip().replaceAll("\\s*\\R\\s*", " ")));
        return code;
    }

    /** The system's own words, which say no more than a file's name for some faults. */
    private static String explain(IOException e) {
        return switch (e) {
            case NoSuchFileException fault -> "there is no file " + fault.getFile();
            case AccessDeniedException fault -> fault.getFile() + " may not be used";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    private static String explain(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        String message = requireNonNull(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
            String argument = unmatched.getUnmatched().getFirst();
            String kind = argument.startsWith("-") ? "option" : command.equals("tutti") ? "command" : "argument";
            CommandSpec known = e.getCommandLine().getCommandSpec();
            Set<String> names = argument.startsWith("-") ? known.optionsMap().keySet() : known.subcommands().keySet();
            List<String> alike = Spelling.near(argument, names);
            String near = (alike.isEmpty() ? unmatched.getSuggestions() : alike).stream().limit(3).collect(joining(" or "));
            message = "unknown %s '%s'%s".formatted(kind, argument, near.isEmpty() ? "" : "; did you mean " + near + "?");
        }
        String begin = message.substring(0, 1).toLowerCase(Locale.ROOT);
        return "%s%s (see '%s --help')".formatted(begin, message.substring(1), command);
    }
}
