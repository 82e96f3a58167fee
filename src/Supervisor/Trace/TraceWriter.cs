using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading;

namespace UmlHost.Trace;

/// <summary>Takes one whole line of a trace, newline included. Called under the trace lock.</summary>
internal delegate void TraceSink(ReadOnlySpan<byte> line);

/// <summary>Puts the trace of all tasks into one stream of whole lines. A call's beginning is kept back until
/// the call ends, so that both make one line; when another task has something to say first, the beginning
/// goes out as "unfinished" and the end as "resumed". Safe from any thread.</summary>
internal sealed class TraceWriter(TraceSink sink)
{
    private const string Unfinished = " <unfinished ...>";

    // The trace lock: a leaf, no other lock is taken under it. It guards all below and the order of lines.
    private readonly Lock _traceLock = new();
    private readonly Dictionary<int, string> _callOf = [];
    private int _heldTid;
    private string? _held;

    /// <summary>A task's call begins: <paramref name="text"/> is the part that is known.</summary>
    public void Begin(int tid, string name, string text)
    {
        lock (_traceLock)
        {
            WriteHeld();
            _callOf[tid] = name;
            _heldTid = tid;
            _held = text;
        }
    }

    /// <summary>The rest of the line of a call that began; nothing for a task that is in no call (a new
    /// thread's first return).</summary>
    public void End(int tid, string text)
    {
        lock (_traceLock)
        {
            Finish(tid, text);
        }
    }

    /// <summary>A line of its own.</summary>
    public void Line(int tid, string text)
    {
        lock (_traceLock)
        {
            WriteHeld();
            Write(tid, text);
        }
    }

    /// <summary>A task's last line. A call that it was in ends without a result.</summary>
    public void Ended(int tid, string text)
    {
        lock (_traceLock)
        {
            Finish(tid, _held is not null && _heldTid == tid ? Unfinished + ") = ?" : ") = ?");
            WriteHeld();
            Write(tid, text);
        }
    }

    /// <summary>Writes out a beginning that is kept back, so that a reader sees what a task is blocked in; for
    /// whoever is about to wait for long, and for the end of the run.</summary>
    public void Flush()
    {
        lock (_traceLock)
        {
            WriteHeld();
        }
    }

    private void Finish(int tid, string text)
    {
        if (!_callOf.Remove(tid, out string? name))
        {
            return;
        }

        if (_held is not null && _heldTid == tid)
        {
            text = _held + text;
            _held = null;
        }
        else
        {
            WriteHeld();
            text = "<... " + name + " resumed>" + text;
        }

        Write(tid, text);
    }

    private void WriteHeld()
    {
        if (_held is not null)
        {
            Write(_heldTid, _held + Unfinished);
            _held = null;
        }
    }

    private void Write(int tid, string text) =>
        sink(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tid} {text}\n")));
}
