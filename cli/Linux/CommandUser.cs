using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// The user that the command of <c>record -- COMMAND</c> runs as: that of --user, else the one who called sudo, else our own user.
/// SUDO_UID counts only if we are root: anybody may set it.
/// </summary>
internal sealed record CommandUser(string Name, uint Number, string Home)
{
    /// <summary>The user; null: our own.</summary>
    public static CommandUser? For(string? asked)
    {
        uint ours = LibC.geteuid();
        string? sudo = ours == 0 ? Environment.GetEnvironmentVariable("SUDO_UID") : null;
        if (asked is null && string.IsNullOrEmpty(sudo))
            return null;
        CommandUser user = (asked is null ? ByNumber(sudo!) : ByNumber(asked) ?? ByName(asked)) ?? throw Unknown(asked, sudo);
        return user.Number == ours ? null : user;
    }

    private static UserException Unknown(string? asked, string? sudo) => asked is null
        ? new($"SUDO_UID is '{sudo}', the number of no user of this machine: say with --user whom the command runs as", ExitCode.Usage)
        : new($"--user '{asked}': neither the name nor the number of a user of this machine", ExitCode.Usage);

    /// <summary>Sets the user and its groups, and the variables by which programs find the user's files.</summary>
    public void ApplyTo(ProcessStartInfo start)
    {
        start.UserName = Name;
        start.Environment["HOME"] = Home;
        start.Environment["USER"] = Name;
        start.Environment["LOGNAME"] = Name;
    }

    private static CommandUser? ByNumber(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? Read(LibC.getpwuid(number)) : null;

    private static CommandUser? ByName(string name) => Read(LibC.getpwnam(name));

    /// <summary>Reads a struct passwd: name, password, user, group, comment, home.</summary>
    private static CommandUser? Read(IntPtr entry)
    {
        if (entry == IntPtr.Zero)
            return null;
        int number = 2 * IntPtr.Size, home = number + 2 * sizeof(uint) + IntPtr.Size;
        return new CommandUser(Text(entry, 0), (uint)Marshal.ReadInt32(entry, number), Text(entry, home));
    }

    private static string Text(IntPtr entry, int offset) => Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry, offset)) ?? "";
}
