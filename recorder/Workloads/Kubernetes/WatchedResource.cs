using System.Text.Json.Serialization.Metadata;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>A kind of object to keep up with.</summary>
/// <typeparam name="TObject">As the API has it.</typeparam>
/// <typeparam name="TSeen">What is kept of it.</typeparam>
/// <param name="Name">As in its path, and in permissions.</param>
/// <param name="One">How to read one of its list.</param>
/// <param name="Event">How to read a line of its watch.</param>
internal sealed record WatchedResource<TObject, TSeen>(string Name, JsonTypeInfo<TObject> One, JsonTypeInfo<WatchEvent<TObject>> Event)
    where TObject : class, IApiObject
{
    /// <summary>What to keep; whether it is from a list.</summary>
    public required Func<TObject, bool, TSeen> Read { get; init; }

    /// <summary>What to know one by.</summary>
    public required Func<TSeen, string> Key { get; init; }

    /// <summary>What one takes of our memory, about.</summary>
    public required Func<TSeen, int> Size { get; init; }

    /// <summary>Told all that there are.</summary>
    public required Action<List<TSeen>> All { get; init; }

    /// <summary>Told one that is new or has changed.</summary>
    public required Action<TSeen> Changed { get; init; }

    /// <summary>Told one that was deleted.</summary>
    public required Action<TSeen> Gone { get; init; }

    /// <summary>In all namespaces.</summary>
    public string Path => $"/api/v1/{Name}";
}
