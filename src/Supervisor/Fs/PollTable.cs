using UmlHost.Kernel;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>What <see cref="OpenFile.Poll"/> enters the caller's wait entries through (Linux's poll_table): those of
/// a task in poll or select, or those of an epoll instance.</summary>
internal abstract class PollTable
{
    /// <summary>The mask of a file that is always ready.</summary>
    public const uint AlwaysReady = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

    /// <summary>Adds an entry to a queue of the file (poll_wait). Before the file looks at its state; without locks
    /// that a waker holds.</summary>
    public abstract void Add(WaitQueue queue);
}
