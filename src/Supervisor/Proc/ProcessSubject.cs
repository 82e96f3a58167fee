using UmlHost.Kernel;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>Whose files a directory of /proc shows: a process (/proc/PID), or one thread of it (/proc/PID/task/TID).
/// </summary>
/// <param name="Thread">Null for the process, and for the one thread that is left of a zombie.</param>
internal readonly record struct ProcessSubject(ThreadGroup Group, GuestTask? Thread)
{
    public int Id => Thread?.Tid ?? Group.Tgid;

    /// <summary>The thread, or of a process the first that has not ended; null for a zombie. Takes the task list lock.
    /// </summary>
    public GuestTask? Task
    {
        get
        {
            lock (Group.Machine.Tasks.Lock)
            {
                return Thread is null ? (Group.Tasks.Count > 0 ? Group.Tasks[0] : null) : IsListed(Thread) ? Thread : null;
            }
        }
    }

    /// <summary><see cref="Task"/>, or of a zombie the one that ended last: for what outlives a thread.</summary>
    public GuestTask? TaskOrLast => Task ?? Group.LastTask;

    /// <summary>Nobody can find it any more: reads give ESRCH, names ENOENT. Takes the task list lock.</summary>
    public bool IsGone
    {
        get
        {
            lock (Group.Machine.Tasks.Lock)
            {
                return Group.IsReaped || (Thread is not null && !IsListed(Thread));
            }
        }
    }

    /// <summary>Linux's ptrace_may_access for reading, by the ids that file access is judged by.</summary>
    public bool AllowsReading(GuestTask reader) => Allows(reader, reader.Credentials.FileUid, reader.Credentials.FileGid, reader.Credentials.Effective);

    /// <summary>Linux's ptrace_may_access as attaching has it.</summary>
    public bool AllowsAttaching(GuestTask reader) => Allows(reader, reader.Credentials.FileUid, reader.Credentials.FileGid, reader.Credentials.Permitted);

    private bool Allows(GuestTask reader, uint uid, uint gid, ulong capabilities)
    {
        if (reader.Group == Group || reader.Credentials.Has(CAP_SYS_PTRACE))
        {
            return true;
        }

        GuestTask? task = Task;
        Credentials? other = (task ?? Group.LastTask)?.Credentials;
        return other is not null
            && uid == other.Uid && uid == other.EffectiveUid && uid == other.SavedUid
            && gid == other.Gid && gid == other.EffectiveGid && gid == other.SavedGid
            && (task is null || task.Memory.Dumpable == 1)
            && (other.Permitted & ~capabilities) == 0;
    }

    private bool IsListed(GuestTask thread) => Group.Machine.Tasks.FindTask(thread.Tid) == thread;
}
