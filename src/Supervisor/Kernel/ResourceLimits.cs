using System;
using System.Threading;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>A process's resource limits (prlimit). They begin as the supervisor's own. Lock: <c>rlimit lock</c>,
/// a leaf.</summary>
internal sealed unsafe class ResourceLimits
{
    public const int Count = 16;

    private readonly Lock _rlimitLock = new();
    private readonly rlimit[] _limits = new rlimit[Count];

    public static ResourceLimits OfCaller()
    {
        ResourceLimits limits = new();
        for (int resource = 0; resource < Count; resource++)
        {
            rlimit value;
            limits._limits[resource] = LibC.getrlimit(resource, &value).Failed
                ? new rlimit { rlim_cur = RLIM_INFINITY, rlim_max = RLIM_INFINITY }
                : value;
        }

        return limits;
    }

    /// <summary>A copy, for a new process.</summary>
    public ResourceLimits Fork()
    {
        ResourceLimits copy = new();
        lock (_rlimitLock)
        {
            _limits.CopyTo(copy._limits.AsSpan());
        }

        return copy;
    }

    /// <summary>An empty address space with these limits.</summary>
    public MemoryMap NewMemory(FrameAllocator frames) => new(frames)
    {
        AddressSpaceLimit = this[RLIMIT_AS].rlim_cur,
        DataLimit = this[RLIMIT_DATA].rlim_cur,
        StackLimit = this[RLIMIT_STACK].rlim_cur,
    };

    public rlimit this[int resource]
    {
        get
        {
            lock (_rlimitLock)
            {
                return _limits[resource];
            }
        }
    }

    /// <summary>Sets a limit. Raising a hard limit takes privilege.</summary>
    public Errno Set(int resource, in rlimit value, bool privileged, out rlimit old)
    {
        lock (_rlimitLock)
        {
            old = _limits[resource];
            if (value.rlim_cur > value.rlim_max)
            {
                return Errno.EINVAL;
            }

            if (value.rlim_max > old.rlim_max && !privileged)
            {
                return Errno.EPERM;
            }

            _limits[resource] = value;
            return Errno.None;
        }
    }

    /// <summary>The soft limit of CPU time was reached, and said so: the next time is a second later.</summary>
    /// <returns>The limits as they were.</returns>
    public rlimit RaiseCpu(ulong seconds)
    {
        lock (_rlimitLock)
        {
            rlimit old = _limits[RLIMIT_CPU];
            if (old.rlim_cur <= seconds && old.rlim_cur < old.rlim_max)
            {
                _limits[RLIMIT_CPU].rlim_cur = old.rlim_cur + 1;
            }

            return old;
        }
    }
}
