using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>From the arguments to a command and its exit status. What can be foreseen ends in one line on standard error.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="commands">The table of commands, in the order of the help.</param>
    public static int Run(string[] args, params ReadOnlySpan<Func<Command>> commands)
    {
        var root = new RootCommand("Records what processes do, loses nothing or says exactly what, and shows it as kdump does.");
        foreach (var command in commands)
        {
            root.Add(command());
        }

        // Forms of another system, which only get in the way of completion.
        if (root.Options.OfType<HelpOption>().FirstOrDefault() is { } help)
        {
            help.Aliases.Remove("/h");
            help.Aliases.Remove("/?");
        }

        // What follows the command that is to be run belongs to that command, options too.
        return Guard(() => Invoke(
            root, args is [RunCommand.Name, ..] ? CommandLineSplit.Mark(args, root.Subcommands.Single(c => c.Name == RunCommand.Name).Options) : args));
    }

    private static int Invoke(RootCommand root, string[] args)
    {
        var line = root.Parse(args);
        if (line.Action is not ParseErrorAction)
        {
            // Our own handler knows better what to say. No time-out on Ctrl-C: the commands that need to end in order see to it themselves.
            return line.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }

        var command = line.CommandResult.Command;
        string name = command == root ? "tracer" : $"tracer {command.Name}";
        string problem = command != root ? OneLine(line.Errors[0].Message)
            : line.UnmatchedTokens is [{ } unknown, ..] ? $"there is no command or option '{unknown}'"
            : $"a command is wanted: {string.Join(", ", root.Subcommands.Select(c => c.Name))}";
        throw new UsageException($"{problem}; '{name} --help' shows how it is used");
    }

    private static int Guard(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (ClosedOutputException)
        {
            return Exit.Ok;
        }
        catch (UsageException e)
        {
            return Fail(Exit.Usage, e.Message);
        }
        catch (StoreException e) when (e.Problem is StoreProblem.NoSuchTrace or StoreProblem.TraceIsOpen)
        {
            return Fail(Exit.Usage, e.Message);
        }
        catch (StoreException e)
        {
            return Fail(Exit.Failure, e.Message);
        }
        catch (PoolException e)
        {
            return Fail(Exit.Failure, e.Message);
        }
        catch (RecordFormatException e)
        {
            return Fail(Exit.Failure, $"the trace can't be read: {e.Message}");
        }
        catch (FailureException e)
        {
            return Fail(Exit.Failure, e.Message);
        }
    }

    private static int Fail(int status, string message)
    {
        Output.Say(OneLine(message));
        return status;
    }

    private static string OneLine(string message) =>
        string.Join(' ', message.Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
