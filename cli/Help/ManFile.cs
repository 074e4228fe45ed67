namespace TcpTracer.Cli.Help;

/// <summary>A manual page as a file.</summary>
/// <param name="Name">Such as <c>tcptracer-show.1</c>.</param>
/// <param name="Text">Its content.</param>
internal sealed record ManFile(string Name, string Text);
