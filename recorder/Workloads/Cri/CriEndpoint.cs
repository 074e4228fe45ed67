using TcpTracer.Formats.Files;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Where a container runtime is asked.</summary>
/// <param name="Path">Its socket, or what was given as one.</param>
/// <param name="GivenBy">Who said so, for people: an option, a variable, a file; null: nobody, it was found.</param>
internal sealed record CriEndpoint(string Path, string? GivenBy)
{
    private const string Scheme = "unix://";

    /// <summary>Whether it can be asked at all: <c>tcp://</c> and <c>npipe://</c> cannot.</summary>
    public bool IsSocket => Path.StartsWith('/');

    /// <summary>The one that is given, else the first that is there; null: there is none.</summary>
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

    /// <summary>What crictl is set to: one line of a file that holds nothing but such lines.</summary>
    private static string? InCrictl(string file)
    {
        const string key = "runtime-endpoint:";
        try
        {
            string? line = GivenFile.ReadText(file).Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            string value = line is null ? "" : line[key.Length..].Split(" #")[0].Trim().Trim('"', '\'');
            return value.Length > 0 ? value : null;
        }
        catch (GivenFileException)
        {
            return null; // as if it were not there: nobody asked for it
        }
    }

    private static string PathOf(string endpoint)
    {
        string trimmed = endpoint.Trim();
        return trimmed.StartsWith(Scheme, StringComparison.Ordinal) ? trimmed[Scheme.Length..] : trimmed;
    }
}

/// <summary>Where this machine would say which runtime it has.</summary>
internal sealed record CriPlaces
{
    /// <summary>The environment variable that crictl has, too.</summary>
    public const string VariableName = "CONTAINER_RUNTIME_ENDPOINT";

    /// <summary>Its value.</summary>
    public string? Variable { get; init; } = Environment.GetEnvironmentVariable(VariableName);

    /// <summary>How long after one look at everything the next one comes, unless the runtime tells of a change before.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>crictl's configuration.</summary>
    public string CrictlFile { get; init; } = "/etc/crictl.yaml";

    /// <summary>Where the runtimes have their sockets, the most usual first.</summary>
    public IReadOnlyList<string> Sockets { get; init; } =
    [
        "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock", "/var/run/cri-dockerd.sock",
        "/var/snap/microk8s/common/run/containerd.sock",
    ];
}
