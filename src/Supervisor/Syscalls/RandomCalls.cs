using System;

using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>getrandom.</summary>
internal static unsafe class RandomCalls
{
    public static readonly Syscall[] Calls =
    [
        new(318, "getrandom", &Getrandom, K.OutBuffer, K.Size, K.RandomFlags),
    ];

    private static SyscallResult Getrandom(GuestTask task, in SyscallArguments arguments)
    {
        const uint Known = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE;
        uint flags = arguments.UInt(2);
        if ((flags & ~Known) != 0 || (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        {
            return Errno.EINVAL;
        }

        ulong length = ulong.Min(arguments.ULong(1), int.MaxValue);
        int none = 0;
        return length == 0 ? 0 : task.Memory.Transfer(arguments.Address(0), length, Access.Write, ref none, static (ref int _, Span<byte> stretch, ulong _) => HostRandom.Fill(stretch));
    }
}
