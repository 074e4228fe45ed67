using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// Two network namespaces that belong to the test, joined by a veth pair: <c>left</c> is 10.77.0.1 and fd77::1, <c>right</c> is 10.77.0.2
/// and fd77::2. They are made when a test first asks for them, because other tests of the class run on machines without namespaces.
/// </summary>
public sealed class TwoHosts : IDisposable
{
    private static int s_serial;
    private readonly string _left = $"tcptracer-{Environment.ProcessId}-{Interlocked.Increment(ref s_serial)}-left", _right;
    private readonly Lazy<bool> _made;

    public TwoHosts()
    {
        _right = _left.Replace("-left", "-right", StringComparison.Ordinal);
        _made = new Lazy<bool>(Make);
    }

    public string Left => _made.Value ? _left : "";

    public string Right => _made.Value ? _right : "";

    public const string LeftV4 = "10.77.0.1", RightV4 = "10.77.0.2", LeftV6 = "fd77::1", RightV6 = "fd77::2";

    /// <summary>Both namespaces, for --netns.</summary>
    public string Both => $"{Left},{Right}";

    private bool Make()
    {
        Ip("netns", "add", _left);
        Ip("netns", "add", _right);
        Ip("-n", _left, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", _right);
        Configure(_left, 1);
        Configure(_right, 2);
        return true;
    }

    private static void Configure(string name, int host)
    {
        Ip("-n", name, "link", "set", "lo", "up");
        Ip("-n", name, "link", "set", "eth0", "up");
        Ip("-n", name, "addr", "add", string.Create(CultureInfo.InvariantCulture, $"10.77.0.{host}/24"), "dev", "eth0");
        Ip("-n", name, "addr", "add", string.Create(CultureInfo.InvariantCulture, $"fd77::{host}/64"), "dev", "eth0", "nodad");
    }

    /// <summary>Runs a function in a namespace, on a thread of its own; sockets that it makes stay in the namespace.</summary>
    public static T In<T>(string name, Func<T> action)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle file = File.OpenHandle($"/run/netns/{name}");
                if (Native.setns((int)file.DangerousGetHandle(), Native.CloneNewNet) != 0)
                    throw new InvalidOperationException("setns failed");
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException($"in {name}: {failure.Message}", failure);
    }

    /// <summary>A listener on the right host, on a port that the kernel chooses.</summary>
    public Socket ListenOnTheRight(int backlog) => In(Right, () =>
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(RightV4), 0));
        listener.Listen(backlog);
        return listener;
    });

    /// <summary>Runs a program inside a namespace.</summary>
    public static Process Start(string name, string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("nsenter", [$"--net=/run/netns/{name}", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {errors}");
    }

    public void Dispose()
    {
        foreach (string name in new[] { _left, _right }.Where(n => File.Exists($"/run/netns/{n}")))
            Ip("netns", "del", name);
    }
}
