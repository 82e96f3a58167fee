using System;
using System.IO;
using System.Text;

using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Cli;

/// <summary>A descriptor to write to: standard output, standard error, or a file. Plain write(2): System.Console
/// would take over the terminal and signal handlers, which belong to the guest here.</summary>
internal sealed unsafe class FdStream(int fd) : Stream
{
    public static FdStream Output { get; } = new(STDOUT_FILENO);

    public static FdStream Error { get; } = new(STDERR_FILENO);

    /// <summary>A file, created or emptied. It stays open to the end of the process.</summary>
    /// <param name="stream">Null if the result is an error.</param>
    public static Errno Create(string path, out FdStream? stream)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + "\0"))
        {
            Result opened = LibC.open(bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
            stream = opened.Failed ? null : new FdStream(opened.Int);
            return opened.Error;
        }
    }

    /// <summary>Why output was lost; None while all of it arrived. A reader that is gone (EPIPE) counts too.</summary>
    public Errno Failure { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8, in one call where the file takes it.</summary>
    public void WriteText(string text) => Write(Encoding.UTF8.GetBytes(text));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!HostTty.IsRaw || LibC.isatty(fd).Failed)
        {
            WriteAll(buffer);
            return;
        }

        // The terminal is in raw mode: a line feed alone would not go back to the first column.
        int end;
        while ((end = buffer.IndexOf((byte)'\n')) >= 0)
        {
            WriteAll(buffer[..end]);
            WriteAll("\r\n"u8);
            buffer = buffer[(end + 1)..];
        }

        WriteAll(buffer);
    }

    private void WriteAll(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && Failure == Errno.None)
        {
            Result written;
            fixed (byte* bytes = buffer)
            {
                written = LibC.write(fd, bytes, (nuint)buffer.Length);
            }

            if (!written.Failed)
            {
                buffer = buffer[written.Int..];
            }
            else if (written.Error == Errno.EAGAIN)
            {
                // Somebody made the terminal or pipe non-blocking.
                pollfd ready = new() { fd = fd, events = POLLOUT };
                LibC.poll(&ready, 1, -1);
            }
            else if (written.Error != Errno.EINTR)
            {
                Failure = written.Error;
            }
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
