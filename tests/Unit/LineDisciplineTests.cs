using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using UmlHost.Native;
using UmlHost.Terminals;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>The line discipline against the host's: the same modes, keys, prints and reads, on a pseudo-terminal of the
/// host and on ours, must give the same output, the same reads and the same counts.</summary>
public sealed class LineDisciplineTests
{
    private const uint DefaultLocal = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;

    // K keys, P prints, R reads, L and I and O set modes anew.
    [Theory]
    [InlineData("plain line", "K:hello\n", "R:100", "R:100")]
    [InlineData("erase", "K:helxx\x7f\x7flo\n", "R:100")]
    [InlineData("erase beyond the start", "K:a\x7f\x7f\x7f" + "b\n", "R:100")]
    [InlineData("erase a control character", "K:a\x01\x7f" + "b\n", "R:100")]
    [InlineData("kill", "K:hello\x15world\n", "R:100")]
    [InlineData("word", "K:one two_3  \x17\x17 x\n", "R:100")]
    [InlineData("tab", "K:ab\tcd\te\x7f\x7f\x7f\x7f\x7fz\n", "R:100")]
    [InlineData("tab behind a prompt", "P:prompt> ", "K:a\tb\x7f\x7f\x7f\n", "R:100")]
    [InlineData("literal", "K:a\x16\x7f\x16\n\x16\x03z\n", "R:100")]
    [InlineData("reprint", "K:ab\x01\x12" + "c\n", "R:100")]
    [InlineData("end of file", "K:\x04", "R:100", "R:100")]
    [InlineData("end of file in a line", "K:abc\x04", "R:2", "R:100", "R:100")]
    [InlineData("end of file goes with what it ends", "K:abc\x04", "R:3", "R:100")]
    [InlineData("line in pieces", "K:abcdef\n", "R:3", "R:3", "R:3", "R:3")]
    [InlineData("two lines", "K:ab\ncd\n", "R:100", "R:100", "R:100")]
    [InlineData("interrupt", "K:abc", "K:\x03", "K:d\n", "R:100")]
    [InlineData("interrupt without flush", "L:+NOFLSH", "K:abc", "K:\x03", "K:d\n", "R:100")]
    [InlineData("carriage return", "K:ab\r", "R:100")]
    [InlineData("stop", "K:\x13" + "ab\n", "P:zz", "K:\x11", "P:yy", "R:100")]
    [InlineData("stop and any key", "I:+IXANY", "K:\x13", "P:zz", "K:a", "P:yy")]
    [InlineData("stop ends with IXON", "K:\x13" + "ab", "I:-IXON", "P:x")]
    [InlineData("end of line characters", "K:ab#cd%ef\n", "R:100", "R:100", "R:100")]
    [InlineData("utf8", "I:+IUTF8", "K:a\u00e9\u20ac\x7f\x7f\x7f\n", "R:100")]
    [InlineData("utf8 as bytes", "K:a\u00e9\x7f\n", "R:100")]
    [InlineData("utf8 columns", "I:+IUTF8", "P:\u00e9\u20ac", "K:\t\x7fx\n", "R:100")]
    [InlineData("echo off", "L:-ECHO", "K:secret\x7f\x15xx\n", "R:100")]
    [InlineData("newline alone echoed", "L:-ECHO+ECHONL", "K:secret\n", "R:100")]
    [InlineData("printing terminal", "L:+ECHOPRT", "K:hello\x7f\x7fxy\x17z\n", "R:100")]
    [InlineData("kill without ECHOKE", "L:-ECHOKE", "K:hello\x15x\n", "R:100")]
    [InlineData("kill without ECHOK", "L:-ECHOK", "K:hello\x15x\n", "R:100")]
    [InlineData("erase without ECHOE", "L:-ECHOE", "K:hello\x7f\x7fx\n", "R:100")]
    [InlineData("controls as they are", "L:-ECHOCTL", "K:a\x01\x02\x7f\n", "R:100")]
    [InlineData("raw", "L:-ICANON-ECHO-ISIG-IEXTEN", "K:a\x03\r\n\x7f", "R:2", "R:100", "R:100")]
    [InlineData("no lines but echo", "L:-ICANON", "K:a\nb\rc\x04\x7f\x15", "R:100", "R:100")]
    [InlineData("raw, then lines", "L:-ICANON", "K:abc", "L:+ICANON", "R:100", "K:d\n", "R:100")]
    [InlineData("lines, then raw", "K:abc\nd", "L:-ICANON", "R:100", "R:100")]
    [InlineData("part of a line, then raw and lines", "K:abc", "L:-ICANON", "L:+ICANON", "K:d\n", "R:100", "R:100")]
    [InlineData("output modes", "P:a\tb\nc\rd\be\n")]
    [InlineData("tabs as spaces", "O:+XTABS", "P:a\tb\n\tc\td", "K:x\ty\n", "R:100")]
    [InlineData("carriage returns printed", "O:+OCRNL", "P:a\rb\r\nc")]
    [InlineData("no carriage return at column 0", "O:+ONOCR", "P:\r\ra\rb\n\rc")]
    [InlineData("newline returns", "O:+ONLRET-ONLCR+ONOCR", "P:ab\n\rc\n")]
    [InlineData("upper case", "O:+OLCUC", "P:aZ\u00e9 \n", "K:hello\n", "R:100")]
    [InlineData("no output modes", "O:-OPOST", "P:a\n\t\r", "K:b\n", "R:100")]
    [InlineData("lower case in", "I:+IUCLC", "K:ABC\u00c9\n", "R:100")]
    [InlineData("strip", "I:+ISTRIP", "K:\u00e9\u00ff\n", "R:100")]
    [InlineData("mark", "I:+PARMRK", "K:a\u00ff\n", "R:100")]
    [InlineData("newline to carriage return", "I:+INLCR", "K:a\nb\r", "R:100")]
    [InlineData("no carriage returns", "I:+IGNCR", "K:a\rb\n", "R:100")]
    [InlineData("nul", "K:a\0b\n", "R:100")]
    public void As_the_host(string name, params string[] steps) => Compare(name, steps);

    [Fact]
    public void A_line_of_more_than_4095_bytes_loses_its_end() =>
        Compare("long", ["L:-ECHO", "K:" + new string('a', 4090), "K:bcdefghijk", "K:l\n", "R:5000", "K:next\n", "R:5000"]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void As_the_host_at_random(int seed)
    {
        const string Keys = "ab Z_9\t\t\n\n\r\u0001\u0004\u007f\u007f\u007f\u0015\u0017\u0016\u0012\u0011\u0013\u0003\u001a\u00e9\u20ac\0#%";
        const string Prints = "ab \t\n\r\b\u00e9xZ";
        string[] input = ["ISTRIP", "INLCR", "IGNCR", "ICRNL", "IUCLC", "IXON", "IXANY", "IUTF8", "PARMRK"];
        string[] output = ["OPOST", "OLCUC", "ONLCR", "OCRNL", "ONOCR", "ONLRET", "XTABS"];
        string[] local = ["ICANON", "ECHO", "ECHOE", "ECHOK", "ECHONL", "ECHOCTL", "ECHOKE", "ECHOPRT", "IEXTEN", "NOFLSH", "ISIG"];
        Random random = new(seed);
        for (int round = 0; round < 40; round++)
        {
            List<string> steps = [];
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                int kind = random.Next(3);
                string[] names = kind == 0 ? input : kind == 1 ? output : local;
                steps.Add($"{"IOL"[kind]}:{(random.Next(2) == 0 ? '+' : '-')}{names[random.Next(names.Length)]}");
            }
            for (int count = random.Next(2, 7); count > 0; count--)
            {
                steps.Add(random.Next(6) switch
                {
                    0 => "P:" + Some(random, Prints, 12),
                    1 => $"R:{random.Next(1, 30)}",
                    2 when random.Next(3) == 0 => $"L:{(random.Next(2) == 0 ? '+' : '-')}ICANON",
                    _ => "K:" + Some(random, Keys, 20),
                });
            }
            steps.Add("R:200");
            steps.Add("R:200");
            Compare($"seed {seed} round {round}", [.. steps]);
        }
    }

    private static string Some(Random random, string alphabet, int most)
    {
        StringBuilder text = new();
        for (int count = random.Next(1, most); count > 0; count--)
        {
            text.Append(alphabet[random.Next(alphabet.Length)]);
        }
        return text.ToString();
    }

    private static void Compare(string name, string[] steps)
    {
        string ours = new Own().Play(steps), theirs = "";

        // The host moves bytes from one side to the other in its own time.
        for (int patience = 2; patience <= 128 && theirs != ours; patience *= 4)
        {
            using HostPair host = new(patience);
            theirs = host.Play(steps);
        }
        if (ours != theirs)
        {
            Assert.Fail($"{name}: {Show(string.Join(" | ", steps))}\nhost:\n{theirs}\nours:\n{ours}");
        }
    }

    private static string Show(string text)
    {
        StringBuilder shown = new();
        foreach (char c in text)
        {
            shown.Append(c is >= ' ' and < (char)0x7f ? c.ToString() : $"<{(int)c:x2}>");
        }
        return shown.ToString();
    }

    private static uint Flag(string name) => name switch
    {
        "ISTRIP" => ISTRIP,
        "INLCR" => INLCR,
        "IGNCR" => IGNCR,
        "ICRNL" => ICRNL,
        "IUCLC" => IUCLC,
        "IXON" => IXON,
        "IXANY" => IXANY,
        "IUTF8" => IUTF8,
        "PARMRK" => PARMRK,
        "OPOST" => OPOST,
        "OLCUC" => OLCUC,
        "ONLCR" => ONLCR,
        "OCRNL" => OCRNL,
        "ONOCR" => ONOCR,
        "ONLRET" => ONLRET,
        "XTABS" => XTABS,
        "ICANON" => ICANON,
        "ECHO" => ECHO,
        "ECHOE" => ECHOE,
        "ECHOK" => ECHOK,
        "ECHONL" => ECHONL,
        "ECHOCTL" => ECHOCTL,
        "ECHOKE" => ECHOKE,
        "ECHOPRT" => ECHOPRT,
        "IEXTEN" => IEXTEN,
        "NOFLSH" => NOFLSH,
        "ISIG" => ISIG,
        _ => throw new ArgumentException(name),
    };

    /// <summary>Something that the steps are played on; what it shows is written down.</summary>
    private abstract class Player
    {
        private ktermios _modes = TerminalModes.Default;

        public unsafe string Play(string[] steps)
        {
            StringBuilder record = new();
            _modes.c_cc[VEOL] = (byte)'#';
            _modes.c_cc[VEOL2] = (byte)'%';
            _modes.c_lflag = DefaultLocal;
            SetModes(_modes);
            foreach (string step in steps)
            {
                string what = step[2..];
                switch (step[0])
                {
                    case 'K':
                        foreach (byte[] keys in Apart(what))
                        {
                            Type(keys);
                        }
                        break;
                    case 'P':
                        record.Append("printed ").Append(Print(Bytes(what))).Append('\n');
                        break;
                    case 'R':
                        byte[]? read = Read(int.Parse(what, System.Globalization.CultureInfo.InvariantCulture));
                        record.Append("read ").Append(read is null ? "nothing" : Show(Encoding.Latin1.GetString(read))).Append('\n');
                        break;
                    default:
                        Change(ref step[0] == 'I' ? ref _modes.c_iflag : ref step[0] == 'O' ? ref _modes.c_oflag : ref _modes.c_lflag, what);
                        SetModes(_modes);
                        break;
                }
                record.Append("shows ").Append(Show(Encoding.Latin1.GetString(Shown()))).Append(" has ").Append(Available()).Append('\n');
            }
            return record.ToString();
        }

        protected abstract void SetModes(in ktermios modes);

        protected abstract void Type(byte[] keys);

        protected abstract int Print(byte[] text);

        protected abstract byte[]? Read(int count);

        protected abstract byte[] Shown();

        protected abstract int Available();

        private static void Change(ref uint flags, string changes)
        {
            foreach (string change in changes.Replace("+", " +", StringComparison.Ordinal).Replace("-", " -", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                flags = change[0] == '+' ? flags | Flag(change[1..]) : flags & ~Flag(change[1..]);
            }
        }

        /// <summary>U+0080 to U+00FF as one byte below 0xe0, all else as UTF-8.</summary>
        private static byte[] Bytes(string text) =>
            text.Contains('\u00ff', StringComparison.Ordinal) ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);

        /// <summary>Signal characters alone: they drop echo that was not printed yet.</summary>
        private static List<byte[]> Apart(string keys)
        {
            List<byte[]> all = [];
            List<byte> some = [];
            foreach (byte key in Bytes(keys))
            {
                if (key is 3 or 0x1a or 0x1c)
                {
                    all.Add([.. some]);
                    all.Add([key]);
                    some.Clear();
                }
                else
                {
                    some.Add(key);
                }
            }
            all.Add([.. some]);
            all.RemoveAll(static some => some.Length == 0);
            return all;
        }
    }

    private sealed class Own : Player, ITerminalDriver
    {
        private readonly LineDiscipline _discipline;
        private readonly List<byte> _shown = [];

        public Own() => _discipline = new LineDiscipline(this, TerminalModes.Default);

        public int WriteRoom => IsStopped ? 0 : 4096;

        public bool IsStopped { get; private set; }

        public bool IsPassedThrough => false;

        public void Transmit(ReadOnlySpan<byte> bytes) => _shown.AddRange(bytes);

        public void FlushOutput()
        {
        }

        public void SetStopped(bool stopped)
        {
            IsStopped = stopped;
            if (!stopped)
            {
                _discipline.FlushEcho();
            }
        }

        public void Signal(int signal)
        {
        }

        public void InputFlushed()
        {
        }

        public void InputReady()
        {
        }

        protected override void SetModes(in ktermios modes) => _discipline.SetTermios(modes);

        protected override void Type(byte[] keys) => Assert.Equal(keys.Length, _discipline.Receive(keys));

        protected override int Print(byte[] text) => _discipline.Write(text);

        protected override byte[]? Read(int count)
        {
            if (!_discipline.HasInput)
            {
                return null;
            }
            byte[] buffer = new byte[count];
            count = _discipline.IsCanonical ? _discipline.ReadLine(buffer) : _discipline.ReadBytes(buffer);
            return buffer[..count];
        }

        protected override byte[] Shown()
        {
            byte[] shown = [.. _shown];
            _shown.Clear();
            return shown;
        }

        protected override int Available() => _discipline.Available;
    }

    private sealed unsafe class HostPair : Player, IDisposable
    {
        private readonly int _master, _slave, _patience;

        public HostPair(int milliseconds)
        {
            _patience = milliseconds;
            fixed (byte* name = "/dev/ptmx\0"u8)
            {
                _master = LibC.open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC).Int;
            }
            int unlocked = 0;
            Assert.False(LibC.ioctl(_master, TIOCSPTLCK, &unlocked).Failed);
            _slave = LibC.ioctl(_master, TIOCGPTPEER, (void*)(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)).Int;
            Assert.True(_slave > 0);
        }

        public void Dispose()
        {
            _ = LibC.close(_slave);
            _ = LibC.close(_master);
        }

        protected override void SetModes(in ktermios modes)
        {
            fixed (ktermios* at = &modes)
            {
                Assert.False(LibC.ioctl(_slave, TCSETS2, at).Failed);
            }
        }

        protected override void Type(byte[] keys)
        {
            fixed (byte* at = keys)
            {
                Assert.Equal(keys.Length, LibC.write(_master, at, (nuint)keys.Length).Int);
            }
            Settle();
        }

        protected override int Print(byte[] text)
        {
            fixed (byte* at = text)
            {
                Result written = LibC.write(_slave, at, (nuint)text.Length);
                return written.Failed ? 0 : written.Int;
            }
        }

        protected override byte[]? Read(int count)
        {
            byte[] buffer = new byte[count];
            fixed (byte* at = buffer)
            {
                Result read = LibC.read(_slave, at, (nuint)count);
                return read.Failed ? null : buffer[..read.Int];
            }
        }

        protected override byte[] Shown()
        {
            List<byte> shown = [];
            byte[] buffer = new byte[4096];
            Settle();
            fixed (byte* at = buffer)
            {
                for (Result read; (read = LibC.read(_master, at, (nuint)buffer.Length)).Raw > 0;)
                {
                    shown.AddRange(buffer.AsSpan(0, read.Int));
                }
            }
            return [.. shown];
        }

        protected override int Available()
        {
            int count;
            Assert.False(LibC.ioctl(_slave, FIONREAD, &count).Failed);
            return count;
        }

        private void Settle()
        {
            pollfd* both = stackalloc pollfd[2];
            both[0] = new pollfd { fd = _slave, events = POLLIN };
            both[1] = new pollfd { fd = _master, events = POLLIN };
            _ = LibC.poll(both, 2, 0);
            Thread.Sleep(_patience);
        }
    }
}
