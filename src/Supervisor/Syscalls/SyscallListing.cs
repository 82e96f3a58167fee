using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace UmlHost.Syscalls;

/// <summary>Which calls a listing has.</summary>
internal enum ListedCalls
{
    All,
    Implemented,
    Missing,
}

/// <summary>What <c>umlhost syscalls</c> prints.</summary>
internal static class SyscallListing
{
    /// <summary>One line for each call: number, name, support and caveat; then the totals.</summary>
    public static void Write(TextWriter output, ListedCalls listed = ListedCalls.All)
    {
        foreach (Syscall call in Select(listed))
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{call.Number,3}  {call.Name,-24} {Name(call.Support),-8} {call.Caveat}");
            output.Write(line.TrimEnd() + "\n");
        }

        int all = SyscallTable.All.Count(), missing = Count(Support.None), partial = Count(Support.Partial);
        output.Write(string.Create(CultureInfo.InvariantCulture, $"\n{all - missing} of {all} system calls, {partial} of them in part.\n"));
    }

    /// <summary>The same as a JSON array of objects, one to a line.</summary>
    public static void WriteJson(TextWriter output, ListedCalls listed = ListedCalls.All)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        string before = "[\n";
        foreach (Syscall call in Select(listed))
        {
            json.WriteStartObject();
            json.WriteNumber("number", call.Number);
            json.WriteString("name", call.Name);
            json.WriteString("support", Name(call.Support));
            if (call.Caveat is not null)
            {
                json.WriteString("caveat", call.Caveat);
            }

            json.WriteEndObject();
            json.Flush();
            output.Write(before + Encoding.UTF8.GetString(buffer.WrittenSpan));
            buffer.ResetWrittenCount();
            json.Reset();
            before = ",\n";
        }

        output.Write(before == "[\n" ? "[]\n" : "\n]\n");
    }

    private static IEnumerable<Syscall> Select(ListedCalls listed) => SyscallTable.All.Where(call => listed switch
    {
        ListedCalls.Implemented => call.Support != Support.None,
        ListedCalls.Missing => call.Support == Support.None,
        _ => true,
    });

    private static int Count(Support support) => SyscallTable.All.Count(call => call.Support == support);

    private static string Name(Support support) => support switch
    {
        Support.None => "none",
        Support.Partial => "partial",
        _ => "full",
    };
}
