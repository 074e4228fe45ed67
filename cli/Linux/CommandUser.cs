using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Whom the command of <c>record -- COMMAND</c> runs as: who was asked for by --user, else who called sudo, else ourselves.
/// SUDO_UID is believed only of root: from anybody else it is a text like any other.
/// </summary>
internal sealed record CommandUser(string Name, uint Number, string Home)
{
    /// <summary>null: as ourselves.</summary>
    public static CommandUser? For(string? asked)
    {
        uint ours = LibC.geteuid();
        string? sudo = ours == 0 ? Environment.GetEnvironmentVariable("SUDO_UID") : null;
        if (asked is null && string.IsNullOrEmpty(sudo))
            return null;
        CommandUser user = asked is null
            ? ByNumber(sudo!) ?? throw new UserException($"SUDO_UID is '{sudo}', the number of no user of this machine: say with --user whom the command runs as", ExitCode.Usage)
            : ByNumber(asked) ?? ByName(asked) ?? throw new UserException($"--user '{asked}': neither the name nor the number of a user of this machine", ExitCode.Usage);
        return user.Number == ours ? null : user;
    }

    /// <summary>Its groups come with its name. Its programs look for their files at home.</summary>
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

    /// <summary>struct passwd: name, password, number, group, comment, home.</summary>
    private static CommandUser? Read(IntPtr entry)
    {
        if (entry == IntPtr.Zero)
            return null;
        int number = 2 * IntPtr.Size, home = number + 2 * sizeof(uint) + IntPtr.Size;
        return new CommandUser(Text(entry, 0), (uint)Marshal.ReadInt32(entry, number), Text(entry, home));
    }

    private static string Text(IntPtr entry, int offset) => Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry, offset)) ?? "";
}
