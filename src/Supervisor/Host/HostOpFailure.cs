using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>Why a batch did not run to its end (H4): which operation, and what it returned. Ends the guest
/// process whose address space it was, and no other.</summary>
/// <param name="Index">Which operation of the set, from 0.</param>
/// <param name="Count">How many the set had.</param>
/// <param name="Op">The operation.</param>
/// <param name="Result">What the host returned; meaningless if <paramref name="Died"/>.</param>
/// <param name="Died">The child was gone, or stopped for another reason than the stub's.</param>
internal sealed record HostOpFailure(int Index, int Count, HostOp Op, Result Result, string? Died = null)
{
    public override string ToString()
    {
        string call = (long)Op.Number switch
        {
            SYS_mmap => $"mmap(0x{Op.A0:x}, 0x{Op.A1:x}, prot {Op.A2}, flags 0x{Op.A3:x}, fd {Op.A4}, 0x{Op.A5:x})",
            SYS_munmap => $"munmap(0x{Op.A0:x}, 0x{Op.A1:x})",
            SYS_mprotect => $"mprotect(0x{Op.A0:x}, 0x{Op.A1:x}, prot {Op.A2})",
            _ => $"call {Op.Number}(0x{Op.A0:x}, 0x{Op.A1:x}, 0x{Op.A2:x}, 0x{Op.A3:x}, 0x{Op.A4:x})",
        };
        if (Died is not null)
        {
            return $"host operation {Index + 1} of {Count}, {call}: {Died}";
        }

        string text = $"host operation {Index + 1} of {Count}, {call}, failed: "
            + (Result.Failed ? Result.Error.ToString() : $"returned 0x{Result.Raw:x}, expected 0x{Op.Expected:x}");
        return Result.Error == Errno.ENOMEM
            ? text + " (the host allows a process vm.max_map_count mappings: see umlhost doctor)"
            : text;
    }
}
