using System;

using UmlHost.Kernel;

namespace UmlHost.Fs;

/// <summary>The wait entries of one task's poll or select (Linux's poll_wqueues). Kept with the task, so that a call
/// allocates only where it waits for more than any call before it.</summary>
internal sealed class TaskPollTable(GuestTask task) : PollTable
{
    private readonly WaitEntry _wake = task.NewWaitEntry();
    private Entry[] _entries = [];
    private int _count;

    /// <summary>What the file that is polled next is asked for: only such wake-ups count.</summary>
    public uint Events { get; set; }

    public override void Add(WaitQueue queue)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(4, 2 * _count));
        }
        Entry entry = _entries[_count++] ??= new Entry(_wake);
        entry.Events = Events;
        queue.Add(entry);
    }

    /// <summary>Takes all entries out of their queues.</summary>
    public void Clear()
    {
        while (_count > 0)
        {
            Entry entry = _entries[--_count];
            entry.Queue?.Remove(entry);
        }
    }

    private sealed class Entry(WaitEntry wake) : WaitEntry
    {
        public uint Events { get; set; }

        protected internal override bool OnWake(uint events) => (events & Events) != 0 && wake.OnWake(events);
    }
}
