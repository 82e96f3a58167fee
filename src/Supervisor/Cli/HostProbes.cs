using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Cli;

/// <summary>Doctor's checks by trial: the host layer makes a child and runs a few instructions as a guest. Each
/// builds on the one before it.</summary>
internal static unsafe class HostProbes
{
    private const int Calls = 1000;

    // Anywhere that is neither frame 0 nor the stub.
    private static readonly GuestAddress s_code = new(0x400000);
    private const ulong CodeOffset = 512 * FrameAllocator.FrameSize;

    private static HostMemory? s_memory;
    private static PtraceThread? s_thread;

    public static IReadOnlyList<DoctorCheck> Checks { get; } =
    [
        new("guest memory", GuestMemory),
        new("host child", Child),
        new("sysemu", SysEmu),
    ];

    private static DoctorFinding GuestMemory()
    {
        Result created = HostMemory.Create(out s_memory);
        return created.Failed
            ? DoctorFinding.Fail($"no memory file: {ErrnoNames.Message(created.Error)}", "check ulimit -v and vm.overcommit_memory")
            : DoctorFinding.Ok($"a sparse file of {ByteSize.Show(s_memory!.Size)}");
    }

    private static DoctorFinding Child()
    {
        const string Advice = "see ptrace_scope, seccomp, memfd_noexec and mmap_min_addr above; in a container, allow ptrace";
        if (s_memory is null)
        {
            return DoctorFinding.Fail("not tried", "see guest memory");
        }

        Result loaded = StubImage.Load(s_memory, out StubImage? stub);
        if (loaded.Failed)
        {
            return DoctorFinding.Fail($"no memory file for the stub: {ErrnoNames.Message(loaded.Error)}", Advice);
        }

        Result spawned = HostChild.Spawn(s_memory, stub!, out HostChild? child);
        if (spawned.Failed)
        {
            return DoctorFinding.Fail($"the stub cannot be executed: {ErrnoNames.Message(spawned.Error)}", Advice);
        }

        s_thread = PtraceThread.Attach(child!, out string? failure);
        return s_thread is null
            ? DoctorFinding.Fail(failure ?? "not attached", Advice)
            : DoctorFinding.Ok("memory file executed, traced, seccomp filter set");
    }

    /// <summary>A guest that asks for its process id for ever: its calls must stop, and see only our answers.</summary>
    private static DoctorFinding SysEmu()
    {
        const string Advice = "PTRACE_SYSEMU does not work here; in a virtual machine or another sandbox, try its host";
        if (s_thread is null)
        {
            return DoctorFinding.Fail("not tried", "see host child");
        }

        try
        {
            // mov eax, 39 (getpid); syscall; mov ebx, eax; jmp back
            ReadOnlySpan<byte> code = [0xb8, SYS_getpid, 0, 0, 0, 0x0f, 0x05, 0x89, 0xc3, 0xeb, 0xf5];
            code.CopyTo(new Span<byte>(s_memory!.Base + CodeOffset, code.Length));
            HostOps ops = new();
            ops.Map(s_code, FrameAllocator.FrameSize, PROT_READ | PROT_EXEC, CodeOffset);
            HostOpFailure? failure = s_thread.Run(ops.Span);
            if (failure is not null)
            {
                return DoctorFinding.Fail(failure.ToString(), Advice);
            }

            s_thread.Registers.rip = s_code.Value;
            s_thread.RegistersChanged();
            s_thread.Place(LibC.sched_getcpu().Int);
            long start = Stopwatch.GetTimestamp();
            for (int call = 1; call <= Calls; call++)
            {
                TrapKind trap = s_thread.Resume();
                if (trap != TrapKind.Syscall || s_thread.Registers.orig_rax != SYS_getpid
                    || (call > 1 && s_thread.Registers.rbx != (ulong)call - 1))
                {
                    return DoctorFinding.Fail($"call {call} of a trial guest stopped as {trap}", Advice);
                }

                s_thread.SetResult(call);
            }

            double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Calls;
            return DoctorFinding.Ok(string.Create(CultureInfo.InvariantCulture, $"works, {microseconds:0.0} us for a system call of a guest"));
        }
        finally
        {
            s_thread.Child.KillAndReap();
        }
    }
}
