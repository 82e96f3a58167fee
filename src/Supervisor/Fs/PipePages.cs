using System.Runtime.InteropServices;
using System.Threading;

namespace UmlHost.Fs;

/// <summary>Pages of native memory for pipes, kept for the next pipe. Lock: <c>pipe pages lock</c>, a leaf.</summary>
internal static unsafe class PipePages
{
    public const int PageSize = 4096;

    private const int MostKept = 512;

    private static readonly Lock s_lock = new();

    // A free page holds the address of the next in its first word.
    private static byte* s_free;
    private static int s_kept;

    public static byte* Take()
    {
        lock (s_lock)
        {
            if (s_free != null)
            {
                byte* page = s_free;
                s_free = *(byte**)page;
                s_kept--;
                return page;
            }
        }
        return (byte*)NativeMemory.AlignedAlloc(PageSize, PageSize);
    }

    public static void Return(byte* page)
    {
        lock (s_lock)
        {
            if (s_kept < MostKept)
            {
                *(byte**)page = s_free;
                s_free = page;
                s_kept++;
                return;
            }
        }
        NativeMemory.AlignedFree(page);
    }
}
