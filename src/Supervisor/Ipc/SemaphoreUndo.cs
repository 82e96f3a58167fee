using System.Collections.Generic;
using System.Threading;

namespace UmlHost.Ipc;

/// <summary>What a process has done with SEM_UNDO (Linux's sem_undo_list). Adjustments of a set are under that set's
/// lock; the list of them under the <c>undo lock</c>, inside it.</summary>
internal sealed class SemaphoreUndo(int pid)
{
    private readonly Lock _undoLock = new();
    private readonly Dictionary<SemaphoreSet, short[]> _adjustments = [];

    /// <summary>The adjustments of a set, one for each semaphore.</summary>
    public short[] Of(SemaphoreSet set)
    {
        lock (_undoLock)
        {
            if (!_adjustments.TryGetValue(set, out short[]? adjustments))
            {
                _adjustments.Add(set, adjustments = new short[set.Count]);
            }

            return adjustments;
        }
    }

    /// <summary>SETVAL: nothing to undo for a semaphore.</summary>
    public void Forget(SemaphoreSet set, int number)
    {
        lock (_undoLock)
        {
            if (_adjustments.TryGetValue(set, out short[]? adjustments))
            {
                adjustments[number] = 0;
            }
        }
    }

    /// <summary>The set is gone.</summary>
    public void Forget(SemaphoreSet set)
    {
        lock (_undoLock)
        {
            _adjustments.Remove(set);
        }
    }

    /// <summary>The process has ended, and nobody uses this any more.</summary>
    public void Apply()
    {
        KeyValuePair<SemaphoreSet, short[]>[] all;
        lock (_undoLock)
        {
            all = [.. _adjustments];
            _adjustments.Clear();
        }

        foreach ((SemaphoreSet set, short[] adjustments) in all)
        {
            set.Undo(this, adjustments, pid);
        }
    }
}
