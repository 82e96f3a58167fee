using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

using UmlHost.Kernel;

namespace UmlHost;

internal static class Program
{
    private static int Main(string[] args)
    {
        List<byte[]> words = [];
        foreach (string arg in args)
        {
            words.Add(Encoding.UTF8.GetBytes(arg));
        }

        RunOptions options = new()
        {
            Program = words[0],
            Arguments = words,
            Environment = [],
            AlwaysReadFaultInfo = Environment.GetEnvironmentVariable("X_HANDLER") is not null,
        };
        using Machine? machine = Machine.Create(options, out string? failure);
        if (machine is null)
        {
            File.AppendAllText("/dev/stderr", failure + "\n");
            return 125;
        }

        int status = machine.Run(_ => null);
        if (machine.Failure is not null)
        {
            File.AppendAllText("/dev/stderr", machine.Failure + "\n");
        }

        if (Environment.GetEnvironmentVariable("X_REPORT") is not null)
        {
            File.AppendAllText("/dev/stderr", $"stops {machine.HostCounters.Stops} resumes {machine.HostCounters.Resumes} batches {machine.HostCounters.Batches} ops {machine.HostCounters.Ops} handler {machine.HostCounters.HandlerFaults} faults {machine.Faults.Total} anon {machine.Faults.Anonymous} file {machine.Faults.File} cow {machine.Faults.CopyOnWrite} calls {machine.SyscallCounts.Total} merged {machine.MergedOps} maps {machine.PeakHostMappings}\n");
        }

        return status;
    }
}
