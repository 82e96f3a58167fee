using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>Applets of Debian's static busybox that need no fork, on files of the host and of the fixture.</summary>
public sealed class RealPrograms
{
    private const string BusyBox = "/bin/busybox";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    // Command lines as a shell would take them, without the shell; the second is what comes on stdin.
    private static readonly (string Command, string Input)[] s_commands =
    [
        ("sha256sum /bin/busybox", ""),
        ("sha512sum words pages tail empty", ""),
        ("md5sum words pages tail empty missing", ""),
        ("ls -la /usr/bin", ""),
        ("ls -laR .", ""),
        ("ls -ln dir/sub text link missing", ""),
        ("ls /", ""),
        ("find /usr/share/doc", ""),
        ("find . -name '*7*' -size -1", ""),
        ("find /usr/bin -type l -newer text", ""),
        ("awk '{ n[$3 % 10] += length($2); s += $3 } END { for (i = 0; i < 10; i++) print i, n[i]; printf \"%.6f\\n\", s / NR }' words", ""),
        ("awk -F: '{ print $1, $NF }' /etc/passwd", ""),
        ("sort -k2 words", ""),
        ("sort -n -r -k3 words words2", ""),
        ("gzip -c words", ""),
        ("gzip -9 -c /bin/busybox", ""),
        ("gunzip -c missing.gz", ""),
        ("bzip2 -c words", ""),
        ("wc words text empty", ""),
        ("wc -l", "one\ntwo\nthree"),
        ("grep -n 'w0*1[0-9]* .*7$' words", ""),
        ("grep -c nothing words", ""),
        ("grep -r third .", ""),
        ("sed -n '10,20s/w\\(0*\\)/<\\1>/p' words", ""),
        ("sed 's/line/LINE/;$d'", "a line\nanother line\nlast\n"),
        ("cat text empty link", ""),
        ("cat", "from stdin\n"),
        ("cat missing", ""),
        ("cat dir", ""),
        ("head -n 5 words", ""),
        ("head -c 1000 pages", ""),
        ("tail -n 5 words", ""),
        ("tail -c 100 pages", ""),
        ("stat -c '%n %s %a %u %g %h %i %Y %F' text dir link pages /etc/passwd", ""),
        ("stat text", ""),
        ("od -A x -t x1z tail", ""),
        ("hexdump -C text", ""),
        ("xxd text", ""),
        ("tr a-z A-Z", "Upper case, please\n"),
        ("tr -d aeiou", "vowels go away\n"),
        ("expr 6 '*' 7", ""),
        ("expr length 'a string'", ""),
        ("expr 1 = 2", ""),
        ("env", ""),
        ("uname -s -m", ""),
        ("date -u -r text", ""),
        ("date -u -d @1234567890 +%FT%T", ""),
        ("seq 1 3 1000", ""),
        ("factor 1234567890 9999999967 18446744073709551557", ""),
        ("cksum words", ""),
        ("crc32 words", ""),
        ("base64 tail", ""),
        ("base64 -d", "aGVsbG8sIHdvcmxkCg==\n"),
        ("diff words words2", ""),
        ("diff text text", ""),
        ("cmp words words2", ""),
        ("cut -d ' ' -f 2 words", ""),
        ("uniq -c", "a\na\nb\na\n"),
        ("tac text", ""),
        ("rev text", ""),
        ("paste words words2", ""),
        ("fold -w 10 text", ""),
        ("nl text", ""),
        ("dd if=pages bs=1000 skip=3 count=7 status=none", ""),
        ("strings /bin/busybox", ""),
        ("readlink -f dirlink/sub/../../link", ""),
        ("realpath dirlink/sub", ""),
        ("basename /a/b/c.txt .txt", ""),
        ("dirname /a/b/c.txt", ""),
        ("pwd", ""),
        ("id", ""),
        ("echo some words", ""),
        ("printf '%s=%d\\n' a 1 b 2", ""),
        ("true", ""),
        ("false", ""),
        ("test -r text", ""),
        ("test -d text", ""),
        ("tar -c -f - dir/sub text words link", ""),
        ("tee", "through\n"),
        ("comm words words2", ""),
        ("sum words", ""),
        ("bc", "2^200\n355/113\n"),
        ("dc -e '10 k 2 v p'", ""),
        ("cal 2 2024", ""),
        ("no-such-applet", ""),
    ];

    public static IEnumerable<object?[]> Commands() =>
        s_commands.Select(command => new object?[]
        {
            command.Command, command.Input, File.Exists(BusyBox) ? null : $"{BusyBox} is missing: install busybox-static",
        });

    [SkippableTheory]
    [MemberData(nameof(Commands))]
    public void Busybox_prints_the_same(string command, string input, string? skip)
    {
        Assert.Null(skip);
        string[] words = GuestProgram.Words(command);
        byte[] stdin = Encoding.UTF8.GetBytes(input);
        Outcome native = GuestRun.Native(BusyBox, words, stdin, s_timeout);
        Assert.False(native.TimedOut, $"{command} does not end natively");
        Comparison.AssertSame(command, native, GuestRun.Guest(BusyBox, words, stdin, s_timeout));
    }
}
