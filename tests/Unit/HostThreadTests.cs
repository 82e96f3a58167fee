using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>The host layer against a real child: batches (H3), failures (H4), faultinfo (H6), and what the child has
/// (H1, H2).</summary>
public sealed unsafe class HostThreadTests
{
    private const ulong Page = GuestAddress.PageSize;

    // The registers that the instructions below use.
    private static ReadOnlySpan<byte> Load => [0x8a, 0x07, 0x0f, 0x05]; // mov (%rdi), %al; syscall
    private static ReadOnlySpan<byte> Store => [0x88, 0x07, 0x0f, 0x05]; // mov %al, (%rdi); syscall
    private static ReadOnlySpan<byte> Jump => [0xff, 0xe7]; // jmp *%rdi

    /// <summary>Every other page, so that nothing merges.</summary>
    private static HostOps Mappings(int count)
    {
        HostOps ops = new();
        for (ulong i = 0; i < (ulong)count; i++)
        {
            ops.Map(HostGuest.Data + (2 * i * Page), Page, PROT_READ, i * Page);
        }

        Assert.Equal(count, ops.Count);
        return ops;
    }

    private static ulong[] MappedPages(HostGuest guest) =>
        [.. File.ReadLines($"/proc/{guest.Child.Pid}/maps")
            .Select(line => ulong.Parse(line[..line.IndexOf('-', StringComparison.Ordinal)], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            .Where(start => start >= HostGuest.Data.Value && start < GuestAddress.TaskSize.Value)];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(63, 1)]
    [InlineData(64, 2)]
    [InlineData(200, 4)]
    public void A_set_longer_than_the_page_runs_in_several_resumes(int operations, int batches) => HostGuest.Run(guest =>
    {
        Assert.Equal(63, StubLayout.BatchOps);
        HostCounters counters = guest.Host.Counters;
        (long batchesBefore, long opsBefore, long stopsBefore) = (counters.Batches, counters.Ops, counters.Stops);
        Assert.Null(guest.Host.Run(Mappings(operations).Span));
        Assert.Equal(batches, counters.Batches - batchesBefore);
        Assert.Equal(operations, counters.Ops - opsBefore);
        Assert.Equal(batches, counters.Stops - stopsBefore);
        Assert.Equal(
            Enumerable.Range(0, operations).Select(i => HostGuest.Data.Value + (2 * (ulong)i * Page)), MappedPages(guest));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(150)]
    [InlineData(199)]
    public void An_operation_that_fails_in_the_middle_of_a_set_is_named(int index) => HostGuest.Run(guest =>
    {
        HostOp[] ops = Mappings(200).Span.ToArray();
        ops[index] = new HostOp { Number = SYS_munmap, A0 = 0x1234_5678, A1 = 0x3000 };
        HostOpFailure? failure = guest.Host.Run(ops);
        Assert.NotNull(failure);
        Assert.Equal((index, 200), (failure.Index, failure.Count));
        Assert.Equal(ops[index], failure.Op);
        Assert.Equal(Errno.EINVAL, failure.Result.Error);
        Assert.Equal($"host operation {index + 1} of 200, munmap(0x12345678, 0x3000), failed: EINVAL", failure.ToString());

        // Those before it were carried out, none after it was.
        Assert.Equal(index, MappedPages(guest).Length);
    });

    [Fact]
    public void A_result_that_is_not_the_expected_one_is_a_failure_too() => HostGuest.Run(guest =>
    {
        HostOp op = Mappings(1).Span[0] with { Expected = 0x5000 };
        Assert.Equal(
            $"host operation 1 of 1, mmap(0x{HostGuest.Data.Value:x}, 0x1000, prot 1, flags 0x11, fd 0, 0x0), failed: "
            + $"returned 0x{HostGuest.Data.Value:x}, expected 0x5000",
            guest.Host.Run(new ReadOnlySpan<HostOp>(ref op))?.ToString());
    });

    [Fact]
    public void A_failure_for_want_of_mappings_names_the_hosts_limit() => HostGuest.Run(guest =>
    {
        HostOps ops = new();
        ops.Protect(HostGuest.Data, Page, PROT_READ); // nothing is mapped there
        HostOpFailure? failure = guest.Host.Run(ops.Span);
        Assert.Equal(Errno.ENOMEM, failure?.Result.Error);
        Assert.Contains("vm.max_map_count", failure!.ToString(), StringComparison.Ordinal);
    });

    [Fact]
    public void A_call_that_no_operation_uses_is_stopped_by_the_filter() => HostGuest.Run(guest =>
    {
        HostOps ops = new();
        ops.Call(SYS_getpid);
        string? failure = guest.Host.Run(ops.Span)?.ToString();
        Assert.Equal($"host operation 1 of 1, call {SYS_getpid}(0x0, 0x0, 0x0, 0x0, 0x0): the stub stopped with signal {SIGSYS}", failure);
    });

    [Fact]
    public void A_killed_child_is_a_failure_and_not_a_crash() => HostGuest.Run(guest =>
    {
        guest.Child.Kill();
        Assert.NotNull(guest.Host.Run(Mappings(1).Span)?.Died);
        Assert.Equal(TrapKind.Died, guest.Host.Resume());
        Assert.False(guest.Host.TryReadFaultInfo(out _));
    });

    [Fact]
    public void A_batch_leaves_the_guests_registers_as_they_were() => HostGuest.Run(guest =>
    {
        guest.Load(Load);
        FillRegisters(guest);
        guest.Map(HostGuest.Data, Page, PROT_READ);
        user_regs_struct before = guest.Host.Registers;
        byte[] fpState = FillFpState(guest);
        Assert.Null(guest.Memory.Sync(guest.Host));
        Assert.Null(guest.Host.Run(Mappings(100).Span[50..]));
        Assert.Equal(TrapKind.Exception, guest.Resume()); // the load itself: the page is not there yet
        AssertSame(before, guest.Host.Registers);
        Assert.Equal(fpState, FpState(guest));
    });

    public static TheoryData<string, int, ulong> Faults => new()
    {
        // What is done to a page of which protection (or none), and the error code.
        { "load", -1, 4 },
        { "store", -1, 6 },
        { "store", PROT_READ, 6 },
        { "load", PROT_NONE, 4 },
        { "jump", PROT_READ | PROT_WRITE, 0x14 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void The_handler_tells_address_error_code_and_trap_and_changes_nothing(string access, int prot, ulong errorCode) => HostGuest.Run(guest =>
    {
        GuestAddress at = HostGuest.Data + 0x123;
        guest.Load(access switch { "load" => Load, "store" => Store, _ => Jump });
        FillRegisters(guest);
        if (prot >= 0)
        {
            guest.Map(HostGuest.Data, Page, PROT_READ | PROT_WRITE);
            Assert.Equal(1, guest.Memory.CopyOut(at, "x"u8));
            Assert.Equal(Errno.None, guest.Memory.Protect(HostGuest.Data, Page, prot));
        }

        user_regs_struct before = guest.Host.Registers;
        Assert.Null(guest.Memory.Sync(guest.Host));
        byte[] fpState = FillFpState(guest);
        Assert.Equal(TrapKind.Exception, guest.Host.Resume());
        Assert.Equal(SIGSEGV, guest.Host.SignalInfo.si_signo);
        Assert.Equal(at.Value, guest.Host.SignalInfo.si_addr);
        if (access == "jump")
        {
            before.rip = at.Value;
        }

        Assert.True(guest.Host.TryReadFaultInfo(out FaultInfo fault));
        Assert.Equal(at.Value, fault.Address);
        // Bit 0 tells whether the host's own page table had the page, which is its own affair.
        Assert.Equal(errorCode, fault.ErrorCode & ~1UL);
        Assert.Equal(FaultInfo.PageFault, fault.TrapNumber);
        AssertSame(before, guest.Host.Registers);
        Assert.Equal(fpState, FpState(guest));

        // The access can be made again, and the guest finds everything as it was.
        if (access == "jump")
        {
            return;
        }

        guest.Map(HostGuest.Data, Page, PROT_READ | PROT_WRITE);
        Assert.Equal(FaultResult.Resolved, guest.Memory.Fault(at, Access.Write));
        Assert.Equal(TrapKind.Syscall, guest.Resume());
        user_regs_struct after = guest.Host.Registers;
        Assert.Equal(before.rip + 4, after.rip);
        Assert.Equal(before.rsp, after.rsp);
        Assert.Equal(before.rbx, after.rbx);
        Assert.Equal(before.r15, after.r15);
        Assert.Equal(before.rsi, after.rsi);
        Assert.Equal(fpState, FpState(guest));
    });

    [Fact]
    public void Exceptions_other_than_page_faults_have_their_own_trap_numbers() => HostGuest.Run(guest =>
    {
        // A non-canonical address, a division by zero, an undefined instruction.
        AssertTrap(guest, [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x8a, 0x00], SIGSEGV, 13);
        AssertTrap(guest, [0x31, 0xc9, 0xf7, 0xf1], SIGFPE, 0);
        AssertTrap(guest, [0x0f, 0x0b], SIGILL, 6);
        AssertTrap(guest, [0xcc], SIGTRAP, 3);
    });

    private static void AssertTrap(HostGuest guest, ReadOnlySpan<byte> code, int signal, ulong trap)
    {
        guest.Load(code);
        Assert.Equal(TrapKind.Exception, guest.Resume());
        Assert.Equal(signal, guest.Host.SignalInfo.si_signo);
        Assert.True(guest.Host.TryReadFaultInfo(out FaultInfo fault));
        Assert.Equal(trap, fault.TrapNumber);
    }

    [Fact]
    public void Calls_made_in_another_way_are_told_apart() => HostGuest.Run(guest =>
    {
        guest.Load([0x0f, 0x05, 0xcd, 0x80]); // syscall; int $0x80
        Assert.Equal(TrapKind.Syscall, guest.Resume());
        guest.Host.SetResult(0);
        Assert.Equal(TrapKind.ForeignSyscall, guest.Resume());
    });

    [Fact]
    public void An_interrupt_stops_a_guest_that_computes_and_one_that_is_about_to() => HostGuest.Run(guest =>
    {
        guest.Load([0xeb, 0xfe]); // for ever
        System.Threading.Thread other = new(() =>
        {
            System.Threading.Thread.Sleep(50);
            guest.Host.Interrupt();
        });
        other.Start();
        Assert.Equal(TrapKind.Interrupted, guest.Resume());
        other.Join();
        guest.Host.Interrupt();
        Assert.Equal(TrapKind.Interrupted, guest.Resume());
        Assert.Equal(HostGuest.Code.Value, guest.Host.Registers.rip);
    });

    [Fact]
    public void A_child_has_its_stub_pages_and_nothing_of_the_supervisor() => HostGuest.Run(guest =>
    {
        string proc = $"/proc/{guest.Child.Pid}";
        string[] maps = [.. File.ReadLines(proc + "/maps").Where(line => !line.EndsWith("[vsyscall]", StringComparison.Ordinal))];
        Assert.Equal(3 + HostVdso.Parts.Length, maps.Length);
        Assert.StartsWith($"{StubLayout.Code:x8}-{StubLayout.Batch:x8} r-xs", maps[0], StringComparison.Ordinal);
        Assert.StartsWith($"{StubLayout.Batch:x8}-{StubLayout.Data:x8} r--s", maps[1], StringComparison.Ordinal);
        Assert.StartsWith($"{StubLayout.Data:x8}-{StubLayout.HostVdso:x8} rw-s", maps[2], StringComparison.Ordinal);
        Assert.All(maps[3..], line => Assert.Matches(@"\[(vvar|vdso)", line));
        Assert.All(maps[..3], line => Assert.Contains("/memfd:umlhost-memory", line, StringComparison.Ordinal));
        Assert.Equal(["0"], Directory.GetFileSystemEntries(proc + "/fd").Select(path => Path.GetFileName(path)));
        Assert.StartsWith("/memfd:umlhost-memory", new FileInfo(proc + "/fd/0").LinkTarget, StringComparison.Ordinal);
        Assert.Empty(File.ReadAllBytes(proc + "/environ"));
        string[] status = File.ReadAllLines(proc + "/status");
        Assert.Contains("Seccomp:\t2", status);
        Assert.Contains("NoNewPrivs:\t1", status);
    });

    private static void FillRegisters(HostGuest guest)
    {
        ref user_regs_struct registers = ref guest.Host.Registers;
        ulong[] values = new ulong[14];
        Random random = new(7);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (ulong)random.NextInt64();
        }

        (registers.rax, registers.rbx, registers.rcx, registers.rdx) = (values[0], values[1], values[2], values[3]);
        (registers.rsi, registers.rbp, registers.rsp) = (values[4], values[5], values[6]);
        (registers.r8, registers.r9, registers.r10, registers.r11) = (values[7], values[8], values[9], values[10]);
        (registers.r12, registers.r13, registers.r14, registers.r15) = (values[11], values[12], values[13], values[0] ^ values[1]);
        registers.rdi = HostGuest.Data.Value + 0x123;
        registers.eflags = 0x202 | 0x8d5; // carry, parity, adjust, zero, sign, overflow
        registers.fs_base = 0x7000_1234_5000;
        registers.gs_base = 0x7000_5678_9000;
        guest.Host.RegistersChanged();
    }

    private static void AssertSame(in user_regs_struct expected, in user_regs_struct actual)
    {
        // orig_rax is the host's own: "not in a system call".
        user_regs_struct cleared = actual with { orig_rax = expected.orig_rax };
        // The resume flag comes and goes with faults; no guest sees it.
        cleared.eflags &= ~0x10000UL;
        Assert.Equal(
            MemoryMarshal.Cast<user_regs_struct, ulong>(new ReadOnlySpan<user_regs_struct>(in expected)).ToArray(),
            MemoryMarshal.Cast<user_regs_struct, ulong>(new ReadOnlySpan<user_regs_struct>(in cleared)).ToArray());
    }

    private static byte[] FpState(HostGuest guest)
    {
        byte[] state = new byte[16 * 1024];
        guest.Host.GetFpState(state);
        return state[..guest.Host.FpStateSize];
    }

    /// <summary>Loads x87, all xmm registers and, where there are any, the upper halves of the ymm registers.</summary>
    private static byte[] FillFpState(HostGuest guest)
    {
        byte[] state = FpState(guest);
        Random random = new(8);
        const int St = 32;
        const int Xmm = 160;
        const int Header = USER_XSAVE_HEADER_OFFSET;
        for (int register = 0; register < 8; register++)
        {
            random.NextBytes(state.AsSpan(St + (16 * register), 8));
            state[St + (16 * register) + 7] |= 0x80; // a normal number
            state[St + (16 * register) + 9] = 0x3f;
        }

        state[4] = 0xff; // all in use
        random.NextBytes(state.AsSpan(Xmm, 256));
        state[Header] |= 3;
        ulong xcr0 = MemoryMarshal.Read<ulong>(state.AsSpan(USER_XSTATE_XCR0_OFFSET));
        if ((xcr0 & 4) != 0)
        {
            random.NextBytes(state.AsSpan(Header + USER_XSAVE_HEADER_SIZE, 256));
            state[Header] |= 4;
        }

        Assert.False(guest.Host.SetFpState(state).Failed);
        Assert.Equal(state, FpState(guest));
        return state;
    }
}
