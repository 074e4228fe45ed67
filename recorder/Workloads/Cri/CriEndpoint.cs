using TcpTracer.Formats.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Where to ask a container runtime.</summary>
/// <param name="Path">Its socket, or what was given as its socket.</param>
/// <param name="GivenBy">What named it, for people: an option, a variable, a file; null: nothing did, it was found.</param>
internal sealed record CriEndpoint(string Path, string? GivenBy)
{
    private const string Scheme = "unix://";

    /// <summary>Whether it is a path. <c>tcp://</c> and <c>npipe://</c> are not, and cannot be asked.</summary>
    public bool IsSocket => Path.StartsWith('/');

    /// <summary>The endpoint that is given; otherwise the first socket that exists; null: there is none.</summary>
    public static CriEndpoint? Find(string? option, CriPlaces places)
    {
        if (!string.IsNullOrWhiteSpace(option))
            return new CriEndpoint(PathOf(option), "--runtime-endpoint");
        if (!string.IsNullOrWhiteSpace(places.Variable))
            return new CriEndpoint(PathOf(places.Variable), "$" + CriPlaces.VariableName);
        if (InCrictl(places.CrictlFile) is { } configured)
            return new CriEndpoint(PathOf(configured), places.CrictlFile);
        return places.Sockets.FirstOrDefault(File.Exists) is { } found ? new CriEndpoint(found, null) : null;
    }

    /// <summary>The endpoint in crictl's configuration; null: it is not set there, or the file cannot be read.</summary>
    private static string? InCrictl(string file)
    {
        try
        {
            YamlNode? value = YamlText.Child(YamlText.Root(GivenFile.ReadText(file)), "runtime-endpoint");
            return YamlText.Text(value) is { Length: > 0 } endpoint ? endpoint : null;
        }
        catch (Exception e) when (e is GivenFileException or YamlException or TooMuchException)
        {
            return null; // nobody asked for this file, so it is no problem
        }
    }

    private static string PathOf(string endpoint)
    {
        string trimmed = endpoint.Trim();
        return trimmed.StartsWith(Scheme, StringComparison.Ordinal) ? trimmed[Scheme.Length..] : trimmed;
    }
}

/// <summary>Where to look for the runtime of this machine. Tests replace the defaults.</summary>
internal sealed record CriPlaces
{
    /// <summary>The environment variable, the same as crictl's.</summary>
    public const string VariableName = "CONTAINER_RUNTIME_ENDPOINT";

    /// <summary>Its value.</summary>
    public string? Variable { get; init; } = Environment.GetEnvironmentVariable(VariableName);

    /// <summary>How long to wait from one poll to the next, unless the runtime reports a change before.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>crictl's configuration.</summary>
    public string CrictlFile { get; init; } = "/etc/crictl.yaml";

    /// <summary>The usual sockets of runtimes, the most usual first.</summary>
    public IReadOnlyList<string> Sockets { get; init; } =
    [
        "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock", "/var/run/cri-dockerd.sock",
        "/var/snap/microk8s/common/run/containerd.sock",
    ];
}
