using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Keeps up with one kind of object: it lists all, then watches from the version of the list. When a watch ends, it watches again
/// from the last version that it has seen. If the server no longer has that version, it lists again.
/// </summary>
/// <param name="resource">The kind of object.</param>
/// <param name="session">Has the client.</param>
/// <param name="kept">Counts the memory of what is kept.</param>
/// <param name="health">Gets each success and each failure.</param>
/// <param name="surroundings">The time-outs.</param>
internal sealed class ResourceWatch<TObject, TSeen>(
    WatchedResource<TObject, TSeen> resource, ApiSession session, KeptObjects.Share kept, ApiHealth health,
    KubernetesSurroundings surroundings)
    where TObject : class, IApiObject
{
    private const int PageLength = 500;
    private const int MostGone = 2; // so often in a row a version may be gone; if it happens more often, the server is at fault

    private readonly Backoff _backoff = new(surroundings.FirstDelay, surroundings.LongestDelay);
    private string? _version; // the last version that was seen; null: list first
    private string _verb = "list";
    private int _gone;
    private long _goneAt = long.MinValue / 2;
    private bool _isRenewed;
    private bool _isRefusalDoubtful; // the server has allowed this before, or was away
    private long? _refusedSince;
    private bool _isMistrusted; // the last watch was broken: a good list is no recovery, only a whole watch is

    /// <summary>Runs until cancelled. Each turn ends with a wait, so that no server can make it spin.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            ApiClient? client = null;
            TimeSpan delay;
            try
            {
                client = await session.GetAsync(cancellation).ConfigureAwait(false);
                if (_version is null)
                    await ListAsync(client, cancellation).ConfigureAwait(false);
                await WatchAsync(client, cancellation).ConfigureAwait(false);
                delay = _backoff.Next();
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                delay = After(e, client);
            }
            await Task.Delay(delay, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Handles a failure.</summary>
    /// <returns>How long to wait before the next try.</returns>
    private TimeSpan After(Exception e, ApiClient? client)
    {
        var api = e as ApiException;
        if (api is { IsGone: true } && _gone++ < MostGone)
        {
            _version = null; // after a long pause that is normal
            bool isFirst = Environment.TickCount64 - _goneAt > surroundings.LongestDelay.TotalMilliseconds;
            _goneAt = Environment.TickCount64;
            return isFirst ? TimeSpan.Zero : _backoff.Next();
        }
        if (api is { IsUnauthorized: true } && client is not null)
        {
            session.GiveUp(client);
            if (!_isRenewed)
            {
                _isRenewed = true; // the token may have expired: the files may have a new one
                return TimeSpan.Zero;
            }
        }
        if (api is { IsForbidden: true } && IsDoubtful())
            return _backoff.Next();
        ApiProblem problem = ApiProblem.Of(e, _verb);
        _isRefusalDoubtful |= problem.Kind == ApiProblemKind.NoAnswer;
        health.Failed(resource.Name, problem);
        if (e is NoTlsException or TooMuchException || api is { IsUnauthorized: true } or { IsForbidden: true })
            return surroundings.RefusedDelay;
        TimeSpan delay = _backoff.Next(), wished = api?.RetryAfter ?? TimeSpan.Zero;
        if (wished > surroundings.LongestWish)
            return surroundings.LongestWish;
        return wished > delay ? wished : delay;
    }

    /// <summary>Whether a refusal need not be meant: in its first moments a server has no roles yet, and refuses everybody.</summary>
    private bool IsDoubtful()
    {
        if (!_isRefusalDoubtful)
            return false;
        long now = Environment.TickCount64;
        _refusedSince ??= now;
        if (now - _refusedSince < surroundings.RefusalDoubted.TotalMilliseconds)
            return true;
        (_isRefusalDoubtful, _refusedSince) = (false, null);
        return false;
    }

    private void Answered()
    {
        _isRenewed = false;
        (_isRefusalDoubtful, _refusedSince) = (true, null);
        if (_isMistrusted)
            return;
        health.Answered(resource.Name);
    }

    private async Task ListAsync(ApiClient client, CancellationToken cancellation)
    {
        _verb = "list";
        var all = new List<TSeen>();
        var listed = new KeptObjects.Listed();
        ListMeta? meta = null;
        int pages = 0;
        do
        {
            if (pages++ == ApiLimits.MostPages)
                throw new TooMuchException($"a list of more than {ApiLimits.MostPages} pages");
            string? next = meta?.Continue;
            meta = await ReadPageAsync(client, next, all, listed, cancellation).ConfigureAwait(false);
            if (meta?.Continue == next && !string.IsNullOrEmpty(next))
                throw new TooMuchException($"the same page of a list again and again");
        }
        while (!string.IsNullOrEmpty(meta?.Continue));
        kept.Replace(listed);
        resource.All(all);
        _version = meta?.ResourceVersion;
        _gone = 0;
        Answered();
    }

    private async Task<ListMeta?> ReadPageAsync(
        ApiClient client, string? next, List<TSeen> all, KeptObjects.Listed listed, CancellationToken cancellation)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(surroundings.PageTime);
        string query = string.Create(CultureInfo.InvariantCulture, $"{resource.Path}?limit={PageLength}");
        if (next is not null)
            query += $"&continue={Uri.EscapeDataString(next)}";
        Stream body = await client.GetAsync(query, time.Token).ConfigureAwait(false);
        ListMeta? meta = null;
        await using (body.ConfigureAwait(false))
        {
            await foreach ((bool isItem, ReadOnlySequence<byte> piece) in BodyPieces.ListAsync(body, time.Token).ConfigureAwait(false))
            {
                if (!isItem)
                {
                    meta = Parse(piece, ApiJson.Default.ListMeta);
                    continue;
                }
                TSeen seen = resource.Read(Parse(piece, resource.One) ?? throw new JsonException("an object of the list is null"), true);
                listed.Add(resource.Key(seen), resource.Size(seen));
                all.Add(seen);
            }
        }
        return meta;
    }

    private static T? Parse<T>(ReadOnlySequence<byte> piece, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(piece);
        return JsonSerializer.Deserialize(ref reader, type);
    }

    private async Task WatchAsync(ApiClient client, CancellationToken cancellation)
    {
        _verb = "watch";
        TimeSpan asked = surroundings.WatchTime * (1 + Random.Shared.NextDouble());
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(surroundings.PageTime); // until the beginning, which a server sends at once
        string query = string.Create(CultureInfo.InvariantCulture,
            $"{resource.Path}?watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(_version ?? "")}"
            + $"&timeoutSeconds={(int)Math.Ceiling(asked.TotalSeconds)}");
        Stream body = await client.GetAsync(query, time.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            time.CancelAfter(asked + surroundings.WatchGrace);
            Answered();
            try
            {
                await foreach (ReadOnlySequence<byte> line in BodyPieces.LinesAsync(body, time.Token).ConfigureAwait(false))
                {
                    Take(line);
                    _backoff.Reset();
                }
                if (_isMistrusted)
                {
                    _isMistrusted = false;
                    Answered();
                }
            }
            catch (Exception e) when (e is TooMuchException or JsonException)
            {
                (_version, _isMistrusted) = (null, true); // nobody knows what this line was to report: only a list makes up for it
                throw;
            }
            catch (Exception e) when (e is IOException or HttpRequestException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // The connection broke. If that is a problem, the next try shows it
            }
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        try
        {
            string type = TypeOf(line);
            if (type == "ERROR")
            {
                ApiStatus? status = Parse(line, ApiJson.Default.WatchError)?.Object;
                throw new ApiException(status?.Code ?? 0, status?.Message ?? "");
            }
            if (Parse(line, resource.Event)?.Object is not { } changed)
                return;
            TSeen seen = resource.Read(changed, false);
            if (type is "ADDED" or "MODIFIED")
            {
                kept.Set(resource.Key(seen), resource.Size(seen));
                resource.Changed(seen);
            }
            else if (type == "DELETED")
            {
                kept.Remove(resource.Key(seen));
                resource.Gone(seen);
            }
            _version = changed.Metadata?.ResourceVersion ?? _version; // a BOOKMARK has nothing else
        }
        catch (ApiException)
        {
            _version = null;
            throw;
        }
    }

    /// <summary>The value of the property <c>type</c>, which may come after the object.</summary>
    private static string TypeOf(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType)
                return reader.GetString() ?? "";
            reader.Skip();
        }
        return "";
    }
}
