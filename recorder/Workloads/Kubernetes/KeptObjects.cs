using System.Runtime.InteropServices;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// How much memory the kept objects of the API take, all kinds together. It must not exceed <see cref="ApiLimits.MostKept"/>.
/// </summary>
internal sealed class KeptObjects
{
    private long _bytes;

    /// <summary>The share of one kind of objects.</summary>
    public Share NewShare() => new(this);

    /// <summary>The sizes of the objects of one kind. For one watch, one thread at a time.</summary>
    /// <param name="all">Counts the bytes of all kinds.</param>
    public sealed class Share(KeptObjects all)
    {
        private Dictionary<string, int> _sizes = [];
        private long _bytes;

        /// <summary>A list replaces all objects.</summary>
        /// <exception cref="TooMuchException">All kinds together take too much.</exception>
        public void Replace(Listed list)
        {
            all.Add(list.Bytes - _bytes);
            (_sizes, _bytes) = (list.Sizes, list.Bytes);
        }

        /// <summary>An object is new, or has changed.</summary>
        /// <exception cref="TooMuchException">All kinds together take too much. Then nothing has changed here.</exception>
        public void Set(string key, int size)
        {
            ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_sizes, key, out _);
            int more = size - known;
            all.Add(more);
            known = size;
            _bytes += more;
        }

        /// <summary>An object is gone.</summary>
        public void Remove(string key)
        {
            if (_sizes.Remove(key, out int size))
                all.Add(-size);
            _bytes -= size;
        }
    }

    /// <summary>The sizes of the objects of a list that have come so far.</summary>
    public sealed class Listed
    {
        /// <summary>By their keys, in bytes.</summary>
        public Dictionary<string, int> Sizes { get; } = [];

        /// <summary>All together.</summary>
        public long Bytes { get; private set; }

        /// <summary>One more object.</summary>
        /// <exception cref="TooMuchException">The list takes too much.</exception>
        public void Add(string key, int size)
        {
            Sizes[key] = size;
            Bytes += size;
            Check(Bytes);
        }
    }

    private void Add(long more)
    {
        try
        {
            Check(Interlocked.Add(ref _bytes, more));
        }
        catch (TooMuchException)
        {
            Interlocked.Add(ref _bytes, -more);
            throw;
        }
    }

    private static void Check(long bytes)
    {
        if (bytes > ApiLimits.MostKept)
            throw new TooMuchException($"more than {ApiLimits.MostKept >> 20} MiB of names and labels");
    }
}
