using System.Collections.Frozen;

namespace TcpTracer.Formats.Events;

/// <summary>Names of Linux error numbers (asm-generic; the same on x86-64 and arm64), those that a TCP socket can come back with.</summary>
public static class Errno
{
    private static readonly FrozenDictionary<int, string> s_names = new Dictionary<int, string>
    {
        [1] = "EPERM", [4] = "EINTR", [5] = "EIO", [9] = "EBADF", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES", [14] = "EFAULT", [16] = "EBUSY", [19] = "ENODEV",
        [22] = "EINVAL", [24] = "EMFILE", [32] = "EPIPE", [71] = "EPROTO", [88] = "ENOTSOCK", [90] = "EMSGSIZE", [91] = "EPROTOTYPE", [92] = "ENOPROTOOPT",
        [93] = "EPROTONOSUPPORT", [95] = "EOPNOTSUPP", [97] = "EAFNOSUPPORT", [98] = "EADDRINUSE", [99] = "EADDRNOTAVAIL", [100] = "ENETDOWN", [101] = "ENETUNREACH",
        [102] = "ENETRESET", [103] = "ECONNABORTED", [104] = "ECONNRESET", [105] = "ENOBUFS", [106] = "EISCONN", [107] = "ENOTCONN", [108] = "ESHUTDOWN",
        [110] = "ETIMEDOUT", [111] = "ECONNREFUSED", [112] = "EHOSTDOWN", [113] = "EHOSTUNREACH", [114] = "EALREADY", [115] = "EINPROGRESS", [125] = "ECANCELED",
    }.ToFrozenDictionary();

    /// <summary>Every name, in the order of the numbers.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_names.OrderBy(n => n.Key).Select(n => n.Value)];

    /// <summary>The name, else <c>errno 999</c>.</summary>
    public static string NameOf(int error) => s_names.TryGetValue(error, out string? name) ? name : $"errno {error}";
}
