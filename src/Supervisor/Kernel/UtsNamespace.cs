using System;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Kernel;

/// <summary>What uname tells. Lock: <c>uts lock</c>, a leaf.</summary>
internal sealed unsafe class UtsNamespace(utsname name)
{
    /// <summary>Longest host or domain name.</summary>
    public const int NameLength = 64;

    private readonly Lock _utsLock = new();
    private utsname _name = name;

    public utsname Get()
    {
        lock (_utsLock)
        {
            return _name;
        }
    }

    /// <summary>sethostname.</summary>
    public void SetNodeName(ReadOnlySpan<byte> name)
    {
        lock (_utsLock)
        {
            fixed (byte* to = _name.nodename)
            {
                Set(to, name);
            }
        }
    }

    public void SetDomainName(ReadOnlySpan<byte> name)
    {
        lock (_utsLock)
        {
            fixed (byte* to = _name.domainname)
            {
                Set(to, name);
            }
        }
    }

    private static void Set(byte* to, ReadOnlySpan<byte> name)
    {
        Span<byte> field = new(to, NameLength + 1);
        field.Clear();
        name.CopyTo(field);
    }
}
