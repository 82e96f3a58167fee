using System;

using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Cli;

/// <summary>From the words of the command line to a verb.</summary>
internal static class Verbs
{
    private static readonly string[] s_words = ["run", "doctor", "syscalls", "help", "--help", "--version"];

    /// <returns>The exit status of the process.</returns>
    public static int Run(ReadOnlySpan<string> args)
    {
        int status = args switch
        {
            [] => Print(Help.Usage, FdStream.Error, Machine.ExitFailure),
            ["run", .. ReadOnlySpan<string> rest] => RunVerb.Run(rest),
            ["doctor", .. ReadOnlySpan<string> rest] => DoctorVerb.Run(rest),
            ["syscalls", .. ReadOnlySpan<string> rest] => SyscallsVerb.Run(rest),
            ["--version" or "-V", ..] => Print($"umlhost {Version}\n"),
            ["--help" or "-h" or "help"] => Print(Help.Main),
            ["help", string verb, ..] => HelpOf(verb),
            [string word, ..] => Misuse($"unknown {(word.StartsWith('-') ? "option" : "verb")} {word}", Suggestion.Nearest(word, s_words), "umlhost --help"),
        };
        return status == 0 ? OutputStatus() : status;
    }

    public static string Version => typeof(Verbs).Assembly.GetName().Version!.ToString(3);

    /// <summary>One line on stderr for a command line that makes no sense.</summary>
    public static int Misuse(string problem, string? nearest, string help)
    {
        string suggestion = nearest is null ? "" : $" (did you mean {nearest}?)";
        return Fail($"{problem}{suggestion}; see {help}");
    }

    public static int Fail(string problem, int status = Machine.ExitFailure) =>
        Print($"umlhost: {problem}\n", FdStream.Error, status);

    public static int Print(string text) => Print(text, FdStream.Output, 0);

    private static int Print(string text, FdStream stream, int status)
    {
        stream.WriteText(text);
        return status;
    }

    private static int HelpOf(string verb) => verb switch
    {
        "run" => Print(Help.Run),
        "doctor" => Print(Help.Doctor),
        "syscalls" => Print(Help.Syscalls),
        "help" => Print(Help.Main),
        _ => Misuse($"no help on {verb}", Suggestion.Nearest(verb, s_words), "umlhost --help"),
    };

    /// <summary>Output that was lost is a failure, except that a reader such as head had enough.</summary>
    private static int OutputStatus()
    {
        Errno error = FdStream.Output.Failure;
        return error is Errno.None or Errno.EPIPE ? 0 : Fail($"standard output: {ErrnoNames.Message(error)}");
    }
}
