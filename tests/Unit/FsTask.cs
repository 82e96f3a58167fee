using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;

namespace UmlHost.Tests.Unit;

internal static class FsTask
{
    /// <summary>A task that only its memory and files are asked of.</summary>
    public static GuestTask Create(MemoryMap memory, FdTable files, FsContext fs) => new(2, null!, memory, files, fs)
    {
        Credentials = new Credentials(),
        Host = null!,
    };
}
