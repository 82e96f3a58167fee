using System;
using System.IO;
using System.Text;

using UmlHost.Syscalls;

namespace UmlHost.Cli;

/// <summary><c>umlhost syscalls</c>: what the dispatch table has.</summary>
internal static class SyscallsVerb
{
    public static int Run(ReadOnlySpan<string> words)
    {
        const string HelpCommand = "umlhost help syscalls";
        OptionWords? cut = OptionWords.Cut(words, OptionParser.Syscalls, out string error);
        if (cut is null)
        {
            return Verbs.Misuse(error, null, HelpCommand);
        }

        if (cut.AsksForHelp)
        {
            return Verbs.Print(Help.Syscalls);
        }

        if (cut.Operands.Length > 0)
        {
            return Verbs.Misuse($"syscalls takes no argument: {cut.Operands[0]}", null, HelpCommand);
        }

        SyscallsArguments? arguments = OptionParser.Parse<SyscallsArguments>(cut.Options, out error);
        if (arguments is null)
        {
            return Verbs.Misuse(error, null, HelpCommand);
        }

        if (arguments.Implemented && arguments.Missing)
        {
            return Verbs.Misuse("--implemented and --missing exclude each other", null, HelpCommand);
        }

        ListedCalls listed = arguments.Implemented ? ListedCalls.Implemented : arguments.Missing ? ListedCalls.Missing : ListedCalls.All;
        using StreamWriter output = new(FdStream.Output, new UTF8Encoding(false), leaveOpen: true);
        if (arguments.Json)
        {
            SyscallListing.WriteJson(output, listed);
        }
        else
        {
            SyscallListing.Write(output, listed);
        }

        return 0;
    }
}
