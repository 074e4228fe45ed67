using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Linux;

/// <summary>Turns user names into numbers. The C library looks them up in /etc/passwd, LDAP or other places.</summary>
internal static class UserNames
{
    /// <summary>The list of --uid, with numbers in place of names.</summary>
    public static string? Resolve(string? list) =>
        list is null ? null : string.Join(',', list.Split(',', StringSplitOptions.TrimEntries).Select(ResolveOne));

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

    /// <summary>The number of a user; null: there is no user of that name.</summary>
    public static uint? NumberOf(string name)
    {
        int offset = 2 * IntPtr.Size; // in struct passwd, behind name and password
        IntPtr entry = LibC.getpwnam(name);
        return entry == IntPtr.Zero ? null : (uint)Marshal.ReadInt32(entry, offset);
    }

    /// <summary>The users in /etc/passwd, for suggestions.</summary>
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
