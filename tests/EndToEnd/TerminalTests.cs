using System;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>umlhost at a terminal: under a shell of the host's, and with a shell inside.</summary>
public sealed class TerminalTests
{
    private const string Prompt = "[prompt]";
    private const string Interrupt = "\x3", EndOfFile = "\x4", Suspend = "\x1a", Quit = "\x1c";

    [Fact]
    public void A_shell_inside_has_job_control()
    {
        using TerminalSession terminal = Inside("/bin/bash", "--norc", "--noprofile");
        terminal.Expect(Prompt);
        terminal.Send("sleep 100\n");
        terminal.Pause();
        terminal.Send(Interrupt);
        terminal.Expect("^C");
        terminal.Expect(Prompt);
        terminal.Send("echo status $?\n");
        terminal.Expect("\nstatus 130\r");
        terminal.Send("sleep 100\n");
        terminal.Pause();
        terminal.Send(Suspend);
        terminal.Expect("Stopped                 sleep 100");
        terminal.Send("bg; jobs\n");
        terminal.Expect("Running                 sleep 100 &");
        terminal.Send("fg\n");
        terminal.Expect("sleep 100\r\n");
        terminal.Pause();
        terminal.Send(Interrupt);
        terminal.Expect(Prompt);
        terminal.Send("cat &\n");
        terminal.Pause();
        terminal.Send("\n");
        terminal.Expect("Stopped                 cat");
        terminal.Send("kill %1; wait; echo done\n");
        terminal.Expect("\ndone\r");
        terminal.Send("exit 3\n");
        Assert.Equal(3, terminal.Wait());
    }

    [Fact]
    public void A_shell_inside_edits_lines_and_learns_of_the_window()
    {
        using TerminalSession terminal = Inside("/bin/bash", "--norc", "--noprofile");
        terminal.Expect(Prompt);
        terminal.Send("echo one\n");
        terminal.Expect("\r\none\r\n");
        terminal.Expect(Prompt);
        terminal.Send("\x1b[A\x1b[D\x1b[D\x1b[DX\n");
        terminal.Expect("\r\nXone\r\n");
        terminal.Expect(Prompt);
        terminal.Resize(33, 77);
        terminal.Pause();
        terminal.Send("stty size\n");
        terminal.Expect("\r\n33 77\r\n");
        terminal.Expect(Prompt);
        terminal.Pause();
        terminal.Send(EndOfFile);
        Assert.Equal(0, terminal.Wait());
    }

    [Fact]
    public void The_modes_that_a_guest_sees_are_the_terminals()
    {
        using TerminalSession native = new("/usr/bin/stty", "-a");
        using TerminalSession guest = Inside("/usr/bin/stty", "-a");
        string modes = native.Expect("-extproc\r\n");
        Assert.Contains("icanon", modes, StringComparison.Ordinal);
        Assert.Equal(modes, guest.Expect("-extproc\r\n"));
    }

    [Fact]
    public void The_host_s_shell_stops_and_continues_a_guest_and_has_its_terminal_back()
    {
        using TerminalSession terminal = Outside();
        Run(terminal, "cat");
        terminal.Send("one\n");
        terminal.Expect("one\r\none\r\n");
        terminal.Send(Suspend);
        terminal.Expect("Stopped");
        terminal.Expect(Prompt);
        terminal.Send("stty -a | grep -c -e -icanon -e -opost -e '-echo '\n");
        terminal.Expect("\r\n0\r\n");
        terminal.Send("fg\n");
        terminal.Pause();
        terminal.Send("two\n");
        terminal.Expect("two\r\ntwo\r\n");

        // A reader in the background is stopped again.
        terminal.Send(Suspend);
        terminal.Expect(Prompt);
        terminal.Send("bg\n");
        terminal.Pause();
        terminal.Send("\n");
        terminal.Expect("Stopped");
        terminal.Expect(Prompt);
        terminal.Send("fg\n");
        terminal.Pause();
        terminal.Send(EndOfFile);
        terminal.Expect(Prompt);
        terminal.Send("stty -a | grep -c -e -icanon -e -opost -e '-echo '\n");
        terminal.Expect("\r\n0\r\n");
    }

    [Fact]
    public void Without_a_shell_above_a_stop_key_does_nothing()
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", "echo ready; read x; echo got $x");
        terminal.Expect("ready");
        terminal.Pause();
        terminal.Send(Suspend);
        terminal.Pause();
        terminal.Send("word\n");
        terminal.Expect("got word");
        Assert.Equal(0, terminal.Wait());
    }

    [Fact]
    public void What_reads_nothing_leaves_the_terminal_alone()
    {
        using TerminalSession terminal = Outside();
        Run(terminal, "sleep 2; echo slept");
        terminal.Pause();
        string modes = terminal.Modes;
        terminal.Send("echo typed ahead\n");
        terminal.Expect("slept\r\n");
        terminal.Expect("\r\ntyped ahead\r\n");

        // bash has the modes of its line editor at a prompt, and those before while something runs.
        Run(terminal, "sleep 100");
        terminal.Pause();
        Assert.Equal(modes, terminal.Modes);
        terminal.Send(Suspend);
        terminal.Expect("Stopped");
        terminal.Send("fg\n");
        terminal.Pause();
        terminal.Send(Interrupt);
        terminal.Expect(Prompt);
        terminal.Send("echo status $?\n");
        terminal.Expect("\r\nstatus 130\r\n");
    }

    [Theory]
    [InlineData("while :; do :; done")]
    [InlineData("read x; while :; do :; done")]
    public void An_interrupt_ends_a_busy_guest(string program)
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", program);
        terminal.Pause(1000);
        terminal.Send("\n");
        terminal.Pause();
        string modes = terminal.Modes;
        terminal.Send(Interrupt);
        Assert.Equal(130, terminal.Wait());
        Assert.NotEmpty(modes);
    }

    [Fact]
    public void Three_quits_end_what_ignores_them()
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", "trap '' INT QUIT TERM HUP; echo ready; read x; echo deaf; while :; do sleep 1; done");
        string modes = terminal.Modes;
        terminal.Expect("ready\r\n");
        terminal.Send("\n");
        terminal.Expect("deaf");
        Assert.NotEqual(modes, terminal.Modes);
        terminal.Send(Interrupt + Quit);
        terminal.Pause(1200);
        terminal.Send(Quit + Quit + Quit);
        Assert.Equal(137, terminal.Wait());
        Assert.Equal(modes, terminal.Modes);
    }

    [Fact]
    public void A_raw_guest_gets_the_bytes()
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", "stty raw -echo; echo ready; dd bs=1 count=4 2>/dev/null | od -An -tx1; stty sane");
        terminal.Expect("ready");
        terminal.Send(Interrupt + Suspend + "\r\x7f");
        terminal.Expect(" 03 1a 0d 7f");
        Assert.Equal(0, terminal.Wait());
    }

    [Fact]
    public void Streams_that_are_no_terminal_stay_what_they_are()
    {
        using TerminalSession terminal = Outside();
        terminal.Send($"'{EndToEnd.Run.UmlHostPath}' run -- sh -c 'test -t 0 && ! test -t 1 && test -t 2 && echo right' | cat; echo status\n");
        terminal.Expect("\r\nright\r\nstatus\r\n");
        terminal.Send($"echo input | '{EndToEnd.Run.UmlHostPath}' run -- sh -c 'cat; echo direct >/dev/tty; read x </dev/tty; echo $x'\n");
        terminal.Expect("\r\ninput\r\ndirect\r\n");
        terminal.Send("from the keyboard\n");
        terminal.Expect("\r\nfrom the keyboard\r\n");
    }

    [Theory]
    [InlineData("exec sleep 100")]
    [InlineData("echo x; cat")]
    public void A_closed_window_ends_the_guest(string program)
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", program);
        terminal.Pause(1000);
        terminal.HangUp();
        Assert.Equal(129, terminal.Wait());
    }

    [Fact]
    public void Vim_opens_and_inserts()
    {
        using TerminalSession terminal = Inside("/usr/bin/env", "TERM=xterm", "vim", "-u", "NONE", "-N", "-n", "/nowhere/file");
        terminal.Expect("~");
        terminal.Pause(1000);
        terminal.Send("ihello");
        terminal.Expect("-- INSERT --");
        terminal.Expect("hello");
        terminal.Send("\x1b:q!\r");
        Assert.Equal(0, terminal.Wait());
    }

    [Fact]
    public void Vim_writes_what_was_typed()
    {
        using TerminalSession terminal = Inside("/bin/sh", "-c", "tty; echo old >/tmp/terminal-test; env TERM=xterm vim -u NONE -N -n /tmp/terminal-test; cat /tmp/terminal-test");
        terminal.Expect("/dev/pts/0");
        terminal.Expect("~");
        terminal.Pause(1000);
        terminal.Send("inew and \x1b:wq\r");
        terminal.Expect("written");
        terminal.Expect("new and old\r\n");
        Assert.Equal(0, terminal.Wait());
    }

    [Fact]
    public void Script_gives_another_terminal()
    {
        using TerminalSession terminal = Inside("/usr/bin/script", "-q", "-c", "stty size; cat", "/dev/null");
        terminal.Expect("24 80\r\n");
        terminal.Send("line\n");
        terminal.Expect("line\r\nline\r\n");
        terminal.Send(EndOfFile);
        Assert.Equal(0, terminal.Wait());
    }

    private static TerminalSession Inside(params string[] command) => new([EndToEnd.Run.UmlHostPath, "run", "--", .. command]);

    private static TerminalSession Outside()
    {
        TerminalSession terminal = new("/bin/bash", "--norc", "--noprofile");
        terminal.Expect(Prompt);
        return terminal;
    }

    private static void Run(TerminalSession terminal, string program)
    {
        terminal.Send($"'{EndToEnd.Run.UmlHostPath}' run -- sh -c '{program}'\n");
        terminal.Expect("\r\n");
        terminal.Pause();
    }
}
