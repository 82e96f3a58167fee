using System;

using UmlHost.Cli;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;

namespace UmlHost;

internal static class Program
{
    private static int Main(string[] args)
    {
        try
        {
            StandardStreams.KeepPlaces();
            AppDomain.CurrentDomain.UnhandledException += static (_, _) => HostTty.RestoreAny();
            return Verbs.Run(args);
        }
        catch (Exception exception)
        {
            // Errors are values here: what is thrown is a bug, and the report of one wants the whole trace.
            HostTty.RestoreAny();
            FdStream.Error.WriteText($"umlhost: internal error: {exception}\n");
            return Machine.ExitFailure;
        }
    }
}
