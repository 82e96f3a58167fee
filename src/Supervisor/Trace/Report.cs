using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;

using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Trace;

/// <summary>What a run did and cost, for <c>--report</c>: one JSON object, whose fields README.md describes.
/// Everything but the outcome is counted where it happens and only read here, after the last guest has ended.</summary>
internal sealed unsafe class Report
{
    /// <summary>The program and its arguments, for people.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>What umlhost exits with.</summary>
    public required int Status { get; init; }

    /// <summary>Why UmlHost failed; null if it did not.</summary>
    public required string? Failure { get; init; }

    public required TimeSpan Wall { get; init; }

    /// <summary>Null if there was none: then the report has the outcome alone.</summary>
    public required Machine? Machine { get; init; }

    public void Write(Stream stream)
    {
        JsonWriterOptions options = new()
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (Utf8JsonWriter json = new(stream, options))
        {
            json.WriteStartObject();
            WriteOutcome(json);
            if (Machine is not null)
            {
                WriteTimes(json);
                WriteHost(json, Machine);
                WriteFaults(json, Machine.Faults, Machine.HostCounters);
                WriteMemory(json, Machine);
                WriteProcesses(json, Machine);
                WriteLeft(json, Machine);
                WriteSyscalls(json, Machine);
            }

            json.WriteEndObject();
        }

        stream.Write("\n"u8);
    }

    private void WriteOutcome(Utf8JsonWriter json)
    {
        json.WriteString("program", Command[0]);
        json.WriteStartArray("arguments");
        foreach (string argument in Command.Skip(1))
        {
            json.WriteStringValue(argument);
        }

        json.WriteEndArray();
        json.WriteNumber("exit_status", Status);
        if (Machine is { Failure: null, ExitStatus: >= 0 } && WIFSIGNALED(Machine.ExitStatus))
        {
            json.WriteNumber("signal", WTERMSIG(Machine.ExitStatus));
        }
        else
        {
            json.WriteNull("signal");
        }

        json.WriteString("failure", Failure);
    }

    private void WriteTimes(Utf8JsonWriter json)
    {
        // Host children are the only children that the supervisor has; all are reaped by now.
        rusage supervisor, guest;
        LibC.getrusage(RUSAGE_SELF, &supervisor);
        LibC.getrusage(RUSAGE_CHILDREN, &guest);
        json.WriteNumber("wall_us", Wall.Ticks / TimeSpan.TicksPerMicrosecond);
        json.WriteStartObject("cpu");
        json.WriteNumber("guest_user_us", Microseconds(guest.ru_utime));
        json.WriteNumber("guest_system_us", Microseconds(guest.ru_stime));
        json.WriteNumber("supervisor_user_us", Microseconds(supervisor.ru_utime));
        json.WriteNumber("supervisor_system_us", Microseconds(supervisor.ru_stime));
        json.WriteEndObject();

        // The supervisor's own memory: a guest that makes calls and faults, and nothing else, leaves it as it is.
        json.WriteStartObject("managed_heap");
        json.WriteNumber("allocated_bytes", GC.GetTotalAllocatedBytes());
        json.WriteNumber("collections", GC.CollectionCount(0));
        json.WriteEndObject();
    }

    private static void WriteHost(Utf8JsonWriter json, Machine machine)
    {
        HostCounters counters = machine.HostCounters;
        json.WriteStartObject("host");
        json.WriteNumber("ptrace_stops", counters.Stops);
        json.WriteNumber("resumes", counters.Resumes);
        json.WriteNumber("interrupts", counters.Interrupts);
        json.WriteNumber("batches", counters.Batches);
        json.WriteNumber("operations", counters.Ops);
        json.WriteNumber("merged_operations", machine.MergedOps);
        json.WriteNumber("peak_mappings", machine.PeakHostMappings);
        json.WriteNumber("dropped_mappings", machine.DroppedHostMappings);
        json.WriteEndObject();
    }

    private static void WriteFaults(Utf8JsonWriter json, FaultCounters faults, HostCounters host)
    {
        json.WriteStartObject("faults");
        json.WriteNumber("total", faults.Total);
        json.WriteNumber("handler", host.HandlerFaults);
        json.WriteNumber("anonymous", faults.Anonymous);
        json.WriteNumber("file", faults.File);
        json.WriteNumber("copy_on_write", faults.CopyOnWrite);
        json.WriteNumber("reused", faults.Reused);
        json.WriteNumber("unmapped", faults.Unmapped);
        json.WriteNumber("spurious", faults.Spurious);
        json.WriteNumber("violations", faults.Violations);
        json.WriteNumber("pages", faults.Pages);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, Machine machine)
    {
        FrameAllocator frames = machine.Frames;
        json.WriteStartObject("memory");
        json.WriteNumber("peak_frames", frames.PeakGranted);
        json.WriteNumber("peak_bytes", frames.PeakGranted * (long)FrameAllocator.FrameSize);
        json.WriteNumber("limit_bytes", frames.LimitBytes);
        json.WriteNumber("reclaimed_pages", frames.Reclaimed);
        json.WriteStartArray("out_of_memory");
        foreach ((int pid, string name) in machine.OutOfMemoryKills)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", pid);
            json.WriteString("name", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProcesses(Utf8JsonWriter json, Machine machine)
    {
        json.WriteStartObject("processes");
        json.WriteNumber("forks", machine.Processes.Forks);
        json.WriteNumber("threads", machine.Processes.Threads);
        json.WriteNumber("execs", machine.Processes.Execs);
        json.WriteNumber("signals", machine.Processes.Signals);
        json.WriteNumber("peak_tasks", machine.Processes.PeakTasks);
        json.WriteNumber("host_children_spawned", machine.Children.Spawned);
        json.WriteNumber("host_children_reused", machine.Children.Reused + machine.Threads.ChildrenReused);
        json.WriteNumber("supervisor_threads_peak", machine.Threads.Peak);
        json.WriteNumber("cpu_moves", machine.Placement.Moves);
        json.WriteEndObject();
    }

    /// <summary>What a leak would show in.</summary>
    private static void WriteLeft(Utf8JsonWriter json, Machine machine)
    {
        (int threads, int descriptors, int? children) = HostSystem.Resources();
        json.WriteStartObject("left");
        json.WriteNumber("tasks", machine.Tasks.TaskCount);
        if (children is { } count)
        {
            json.WriteNumber("host_children", count);
        }
        else
        {
            json.WriteNull("host_children");
        }

        json.WriteNumber("supervisor_threads", threads);
        json.WriteNumber("descriptors", descriptors);
        json.WriteNumber("frames", machine.Frames.Granted);
        json.WriteNumber("memory_bytes", machine.Frames.ResidentBytes);
        json.WriteEndObject();
    }

    private static void WriteSyscalls(Utf8JsonWriter json, Machine machine)
    {
        json.WriteNumber("system_call_total", machine.SyscallCounts.Total);
        json.WriteStartArray("system_calls");
        foreach ((string name, long times, long errors) in machine.SyscallCounts.ByName.OrderByDescending(call => call.Times))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("count", times);
            json.WriteNumber("errors", errors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("unimplemented");
        foreach ((string name, long times) in SyscallTable.MissingCalls)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("count", times);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("foreign_system_calls", machine.ForeignSyscalls);
    }

    private static long Microseconds(timeval value) => (value.tv_sec * 1_000_000) + value.tv_usec;
}
