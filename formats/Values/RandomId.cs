using System.Runtime.InteropServices;

namespace TcpTracer.Formats.Values;

/// <summary>
/// Makes random identifiers from random bytes of the kernel (getrandom). .NET would read /dev/urandom, and a bare
/// container may have no /dev.
/// </summary>
public static class RandomId
{
    /// <summary>A new random UUID of version 4.</summary>
    public static Guid New()
    {
        byte[] random = new byte[16];
        _ = getrandom(random, random.Length, 0);
        random[7] = (byte)(random[7] & 0x0f | 0x40); // version 4; the next line: the variant of RFC 4122
        random[8] = (byte)(random[8] & 0x3f | 0x80);
        return new Guid(random);
    }

    /// <summary>So many random bytes, for a key.</summary>
    /// <exception cref="IOException">The kernel gives none.</exception>
    public static byte[] Bytes(int count)
    {
        byte[] random = new byte[count];
        return getrandom(random, count, 0) == count ? random : throw new IOException("the kernel gives no random bytes");
    }

    [DllImport("libc")]
    private static extern nint getrandom([Out] byte[] buffer, nint length, uint flags);
}
