namespace TcpTracer.Tests.Harness;

/// <summary>A request to the <see cref="ApiServer"/>.</summary>
internal sealed record ApiRequest(string Method, Uri Uri, IReadOnlyDictionary<string, string> Headers, string Body);
