using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// The FP, SSE and AVX state: the xsave area as PTRACE_GETREGSET has it.
internal sealed unsafe partial class PtraceThread
{
    /// <summary>AMX makes the area 11 KiB; nothing in sight makes it larger than this.</summary>
    private const int MaxFpState = 16 * 1024;

    private int _fpStateSize;

    public int FpStateSize => _fpStateSize != 0 ? _fpStateSize : s_initialFpState.Length != 0 ? s_initialFpState.Length : MaxFpState;

    public void GetFpState(Span<byte> state)
    {
        fixed (byte* to = state)
        {
            iovec vector = new() { iov_base = (nuint)to, iov_len = (nuint)state.Length };
            LibC.ptrace(PTRACE_GETREGSET, _tid, NT_X86_XSTATE, (nuint)(&vector));

            // The kernel says how large it really is.
            _fpStateSize = (int)vector.iov_len;
        }
    }

    public Result SetFpState(ReadOnlySpan<byte> state)
    {
        fixed (byte* from = state)
        {
            iovec vector = new() { iov_base = (nuint)from, iov_len = (nuint)Math.Min(state.Length, FpStateSize) };
            return LibC.ptrace(PTRACE_SETREGSET, _tid, NT_X86_XSTATE, (nuint)(&vector));
        }
    }
}
