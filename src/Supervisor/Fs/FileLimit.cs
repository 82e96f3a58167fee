using UmlHost.Kernel;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>RLIMIT_FSIZE: what goes beyond it gets EFBIG, and SIGXFSZ with it.</summary>
internal static class FileLimit
{
    /// <summary>Whether a file may be as long as <paramref name="size"/>.</summary>
    public static bool Allows(GuestTask task, long size)
    {
        if ((ulong)size <= task.Group.Limits[RLIMIT_FSIZE].rlim_cur)
        {
            return true;
        }

        SignalSender.Send(task, SignalSender.UserInfo(task, SIGXFSZ));
        return false;
    }

    /// <summary>Cuts a write off at the limit; false where nothing is left of it.</summary>
    public static bool Limit(GuestTask task, long offset, ref IovIter from)
    {
        ulong limit = task.Group.Limits[RLIMIT_FSIZE].rlim_cur;
        if (limit == RLIM_INFINITY || (ulong)offset + from.Count <= limit)
        {
            return true;
        }

        if ((ulong)offset >= limit)
        {
            SignalSender.Send(task, SignalSender.UserInfo(task, SIGXFSZ));
            return false;
        }

        from.Truncate(limit - (ulong)offset);
        return true;
    }
}
