using System.Text.Json.Serialization.Metadata;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>A kind of object to list and watch.</summary>
/// <typeparam name="TObject">The object as the API has it.</typeparam>
/// <typeparam name="TSeen">What is kept of it.</typeparam>
/// <param name="Name">Its name in paths and in permissions.</param>
/// <param name="One">How to parse an element of a list.</param>
/// <param name="Event">How to parse a line of a watch.</param>
internal sealed record WatchedResource<TObject, TSeen>(string Name, JsonTypeInfo<TObject> One, JsonTypeInfo<WatchEvent<TObject>> Event)
    where TObject : class, IApiObject
{
    /// <summary>Makes of an object what is kept of it. The second argument says whether it comes from a list.</summary>
    public required Func<TObject, bool, TSeen> Read { get; init; }

    /// <summary>The key of an object.</summary>
    public required Func<TSeen, string> Key { get; init; }

    /// <summary>About how many bytes of memory an object takes.</summary>
    public required Func<TSeen, int> Size { get; init; }

    /// <summary>Called with all objects.</summary>
    public required Action<List<TSeen>> All { get; init; }

    /// <summary>Called with an object that is new or has changed.</summary>
    public required Action<TSeen> Changed { get; init; }

    /// <summary>Called with an object that was deleted.</summary>
    public required Action<TSeen> Gone { get; init; }

    /// <summary>The path on the server, for all namespaces.</summary>
    public string Path => $"/api/v1/{Name}";
}
