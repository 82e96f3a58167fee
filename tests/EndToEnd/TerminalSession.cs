using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.EndToEnd;

/// <summary>A program that leads a session on a pseudo-terminal of the host, as in a terminal window, and what a person
/// would do there.</summary>
internal sealed unsafe class TerminalSession : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _seen = new();
    private readonly int _master, _slave, _pid;
    private int _read;
    private int _status = -1;

    public TerminalSession(params string[] command)
    {
        fixed (byte* name = "/dev/ptmx\0"u8)
        {
            _master = Check(LibC.open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
        }
        int unlocked = 0, number;
        Check(LibC.ioctl(_master, TIOCSPTLCK, &unlocked));
        Check(LibC.ioctl(_master, TIOCGPTN, &number));
        _slave = Check(LibC.ioctl(_master, TIOCGPTPEER, (void*)(O_RDWR | O_NOCTTY | O_CLOEXEC)));
        Resize(24, 80);
        _pid = Spawn($"/dev/pts/{number}", command);
    }

    /// <summary>The terminal's modes.</summary>
    public string Modes
    {
        get
        {
            ktermios modes;
            Check(LibC.ioctl(_slave, TCGETS2, &modes));
            return Convert.ToHexString(new ReadOnlySpan<byte>(&modes, sizeof(ktermios)));
        }
    }

    public void Resize(ushort rows, ushort columns)
    {
        winsize size = new() { ws_row = rows, ws_col = columns };
        Check(LibC.ioctl(_master, TIOCSWINSZ, &size));
    }

    /// <summary>Types, one byte a character.</summary>
    public void Send(string keys)
    {
        fixed (byte* bytes = Encoding.Latin1.GetBytes(keys))
        {
            Check(LibC.write(_master, bytes, (nuint)keys.Length));
        }
    }

    /// <summary>Waits for a text after what was waited for before.</summary>
    /// <returns>What came, up to it.</returns>
    public string Expect(string text)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            int at = _seen.ToString().IndexOf(text, _read, StringComparison.Ordinal);
            if (at >= 0)
            {
                string before = _seen.ToString(_read, at - _read);
                _read = at + text.Length;
                return before;
            }
            if (!ReadSome(100) && Stopwatch.GetElapsedTime(start) > s_patience)
            {
                throw new TimeoutException($"no {Show(text)} in {Show(_seen.ToString(_read, _seen.Length - _read))}; before that: {Show(_seen.ToString(0, _read))}");
            }
        }
    }

    /// <summary>The time that things take for which nothing is shown.</summary>
    public void Pause(int milliseconds = 500)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            _ = ReadSome(20);
        }
    }

    /// <summary>Closes the window.</summary>
    public void HangUp() => _ = LibC.close(_master);

    /// <summary>Waits for the end.</summary>
    /// <returns>The status as a shell shows it.</returns>
    public int Wait()
    {
        long start = Stopwatch.GetTimestamp();
        while (_status < 0)
        {
            int status;
            Result ended = LibC.wait4(_pid, &status, WNOHANG, null);
            if (ended.Raw == _pid)
            {
                _status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            }
            else if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                throw new TimeoutException($"does not end: {Show(_seen.ToString())}");
            }
            else
            {
                _ = ReadSome(20);
            }
        }
        return _status;
    }

    public void Dispose()
    {
        if (_status < 0)
        {
            // What a shell started is in groups of its own; the hang-up below is for those.
            _ = LibC.kill(_pid, SIGKILL);
            int status;
            _ = LibC.wait4(_pid, &status, 0, null);
        }
        _ = LibC.close(_slave);
        _ = LibC.close(_master);
    }

    private static string Show(string text) => text.Replace("\x1b", "<esc>", StringComparison.Ordinal).Replace("\r", "<cr>", StringComparison.Ordinal);

    private static int Check(Result result) => result.Failed ? throw new InvalidOperationException(result.Error.ToString()) : result.Int;

    private bool ReadSome(int milliseconds)
    {
        byte* buffer = stackalloc byte[4096];
        pollfd ready = new() { fd = _master, events = POLLIN };
        _ = LibC.poll(&ready, 1, milliseconds);
        Result read = LibC.read(_master, buffer, 4096);
        if (read.Raw <= 0)
        {
            return false;
        }
        _seen.Append(Encoding.Latin1.GetString(buffer, read.Int));
        return true;
    }

    /// <summary>Leads a session, and gets the terminal by opening it.</summary>
    private static int Spawn(string terminal, string[] command)
    {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        Check(LibC.posix_spawn_file_actions_init(&actions));
        Check(LibC.posix_spawnattr_init(&attributes));
        sigset_t none = default, all = default;
        all.__val[0] = ulong.MaxValue & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
        Check(LibC.posix_spawnattr_setsigmask(&attributes, &none));
        Check(LibC.posix_spawnattr_setsigdefault(&attributes, &all));
        Check(LibC.posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
        List<string> environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "TERM=dumb", "HOME=/nonexistent", "LC_ALL=C.UTF-8", "PS1=[prompt]"];
        nint path = Marshal.StringToCoTaskMemUTF8(terminal), file = Marshal.StringToCoTaskMemUTF8(command[0]);
        nint[] argv = [.. Array.ConvertAll(command, Marshal.StringToCoTaskMemUTF8), 0];
        nint[] envp = [.. environment.ConvertAll(Marshal.StringToCoTaskMemUTF8), 0];
        Check(LibC.posix_spawn_file_actions_addopen(&actions, 0, (byte*)path, O_RDWR, 0));
        Check(LibC.posix_spawn_file_actions_adddup2(&actions, 0, 1));
        Check(LibC.posix_spawn_file_actions_adddup2(&actions, 0, 2));
        Check(LibC.posix_spawn_file_actions_addclosefrom_np(&actions, 3));
        int pid;
        fixed (nint* arguments = argv, variables = envp)
        {
            Check(LibC.posix_spawn(&pid, (byte*)file, &actions, &attributes, (byte**)arguments, (byte**)variables));
        }
        _ = LibC.posix_spawn_file_actions_destroy(&actions);
        _ = LibC.posix_spawnattr_destroy(&attributes);
        foreach (nint text in (ReadOnlySpan<nint>)[path, file, .. argv, .. envp])
        {
            Marshal.FreeCoTaskMem(text);
        }
        return pid;
    }
}
