using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Linux;

/// <summary>Turns names of this machine's users into numbers, as the C library knows them: from /etc/passwd, LDAP, or wherever.</summary>
internal static class UserNames
{
    /// <summary>A list as --uid takes it, with numbers only.</summary>
    public static string? Resolve(string? list) => list is null ? null : string.Join(',', list.Split(',', StringSplitOptions.TrimEntries).Select(ResolveOne));

    private static string ResolveOne(string item)
    {
        string not = item.StartsWith('!') ? "!" : "";
        string name = item[not.Length..];
        if (name.Length == 0 || Quantity.TryNumber(name) is not null)
            return item;
        string near = NearestName.Of(name, Known) is { } known ? $"; did you mean '{known}'?" : "";
        return NumberOf(name) is { } number ? not + number.ToString(CultureInfo.InvariantCulture)
            : throw new SelectionException($"--uid '{name}': neither a number nor a user of this machine{near}");
    }

    /// <summary>A user's number; null: there is none of that name.</summary>
    public static uint? NumberOf(string name)
    {
        int offset = 2 * IntPtr.Size; // behind the name and the password
        IntPtr entry = LibC.getpwnam(name);
        return entry == IntPtr.Zero ? null : (uint)Marshal.ReadInt32(entry, offset);
    }

    /// <summary>The users of this machine itself.</summary>
    public static IReadOnlyList<string> Known
    {
        get
        {
            try
            {
                return [.. File.ReadLines("/etc/passwd").Select(l => l.Split(':')[0]).Where(n => n.Length > 0)];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }
}
