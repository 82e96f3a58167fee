using System;
using System.Collections.Generic;

using UmlHost.Fs;

namespace UmlHost.Sockets;

/// <summary>Open files inside a message (Linux's scm_fp_list), each with a reference. Before it is
/// <see cref="Launch"/>ed and after it is landed it belongs to one task.</summary>
internal sealed class FlightFiles(Flights flights, uint uid, OpenFile[] files)
{
    /// <summary>SCM_MAX_FD.</summary>
    public const int MaxFiles = 253;

    [ThreadStatic]
    private static Queue<OpenFile>? t_releasing;

    public ReadOnlySpan<OpenFile> Files => files;

    public int Count => files.Length;

    /// <summary>The message is about to enter a queue.</summary>
    /// <param name="mayExceed">Whether the limit on files in flight does not hold for the sender.</param>
    /// <returns>False where the user has too many in flight (ETOOMANYREFS).</returns>
    public bool Launch(ulong limit, bool mayExceed) => flights.Launch(files, uid, limit, mayExceed);

    /// <summary>The message has left its queue, or has never come into one. Without locks.</summary>
    public void Land() => flights.Land(files, uid);

    /// <summary>A copy with references of its own, for who peeks at the message. Under the lock of the socket that the
    /// message is in; <see cref="Flights.Wait"/> must follow without it.</summary>
    public FlightFiles Peek()
    {
        foreach (OpenFile file in files)
        {
            file.Acquire();
        }

        return new FlightFiles(flights, uid, files);
    }

    /// <summary>Gives the references back. Closing a socket may free messages with further files: those wait here for
    /// their turn, so that no chain of sockets is deeper than the stack.</summary>
    public void Release()
    {
        Queue<OpenFile> releasing = t_releasing ??= new Queue<OpenFile>();
        bool underWay = releasing.Count > 0;
        foreach (OpenFile file in files)
        {
            releasing.Enqueue(file);
        }

        while (!underWay && releasing.TryPeek(out OpenFile? file))
        {
            file.Release();
            releasing.Dequeue();
        }
    }
}
