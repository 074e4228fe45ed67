using System.Runtime.InteropServices;

namespace TcpTracer.Formats.Values;

/// <summary>
/// A number that nobody else has: from the kernel itself, for .NET asks /dev/urandom, which a bare container may not have.
/// </summary>
public static class RandomId
{
    /// <summary>A new one.</summary>
    public static Guid New()
    {
        byte[] random = new byte[16];
        _ = getrandom(random, random.Length, 0);
        random[7] = (byte)(random[7] & 0x0f | 0x40); // version 4, of the usual variant
        random[8] = (byte)(random[8] & 0x3f | 0x80);
        return new Guid(random);
    }

    [DllImport("libc")]
    private static extern nint getrandom([Out] byte[] buffer, nint length, uint flags);
}
