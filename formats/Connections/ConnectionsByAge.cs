using System.Collections;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Connections;

/// <summary>Connections in the order in which they were first seen. Each is at most in one such list.</summary>
internal sealed class ConnectionsByAge : IEnumerable<Connection>
{
    private Connection? _youngest;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The one that was seen first; null: there is none.</summary>
    public Connection? Oldest { get; private set; }

    /// <summary>Adds the youngest.</summary>
    public void Add(Connection connection)
    {
        (connection.Older, connection.Younger) = (_youngest, null);
        if (_youngest is { } older)
            older.Younger = connection;
        else
            Oldest = connection;
        _youngest = connection;
        Count++;
    }

    /// <summary>Takes one out that is in the list.</summary>
    public void Remove(Connection connection)
    {
        if (connection.Older is { } older)
            older.Younger = connection.Younger;
        else
            Oldest = connection.Younger;
        if (connection.Younger is { } younger)
            younger.Older = connection.Older;
        else
            _youngest = connection.Older;
        (connection.Older, connection.Younger) = (null, null);
        Count--;
    }

    /// <inheritdoc/>
    public IEnumerator<Connection> GetEnumerator()
    {
        for (Connection? next = Oldest; next is not null; next = next.Younger)
            yield return next;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
