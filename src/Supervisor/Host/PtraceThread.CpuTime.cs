using System;
using System.Buffers.Text;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

internal sealed unsafe partial class PtraceThread
{
    /// <summary>ns of CPU that the host thread has had since it was made. Another process's thread has no clock that
    /// this one may read, but its statistics are open to all.</summary>
    public long CpuTime
    {
        get
        {
            Span<byte> text = stackalloc byte[64];
            "/proc/"u8.CopyTo(text);
            Utf8Formatter.TryFormat(_tid, text[6..], out int digits);
            "/schedstat\0"u8.CopyTo(text[(6 + digits)..]);
            fixed (byte* at = text)
            {
                Result fd = LibC.open(at, O_RDONLY | O_CLOEXEC);
                if (fd.Failed)
                {
                    return 0;
                }

                Result read = LibC.read(fd.Int, at, (nuint)text.Length);
                LibC.close(fd.Int);
                return !read.Failed && Utf8Parser.TryParse(text[..read.Int], out long nanoseconds, out _) ? nanoseconds : 0;
            }
        }
    }
}
