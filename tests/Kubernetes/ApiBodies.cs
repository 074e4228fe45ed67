using System.Globalization;
using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>Complete objects, as kube-apiserver 1.31 writes them.</summary>
internal static class ApiBodies
{
    public static JsonObject Load(string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "tests", "Kubernetes", "bodies", name
            + ".json")))!.AsObject();

    /// <summary>The running pod of a deployment, with another name.</summary>
    public static JsonObject Pod(string name, string? ip = "10.244.1.17", string phase = "Running") => Pod(name, UidOf(name), ip, phase);

    public static string UidOf(string name) =>
        $"00000000-0000-4000-8000-{Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(name))}";

    private static JsonObject Pod(string name, string uid, string? ip, string phase)
    {
        JsonObject pod = Load("pod-web");
        pod["metadata"]!["name"] = name;
        pod["metadata"]!["uid"] = uid;
        pod["status"]!["phase"] = phase;
        SetAddress(pod, ip);
        return pod;
    }

    public static void SetAddress(JsonObject pod, string? ip)
    {
        JsonObject status = pod["status"]!.AsObject();
        status.Remove("podIP");
        status.Remove("podIPs");
        if (ip is null)
            return;
        status["podIP"] = ip;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip });
    }

    public static void SetStart(JsonObject pod, DateTimeOffset start) =>
        pod["status"]!["startTime"] = start.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
