using System.Runtime.InteropServices;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>How much memory is spent on what the API has told, of all kinds of objects together.</summary>
internal sealed class KeptObjects
{
    private long _bytes;

    /// <summary>One kind's share.</summary>
    public Share NewShare() => new(this);

    /// <summary>The objects of one kind. Used by one watch, one thread at a time.</summary>
    public sealed class Share(KeptObjects all)
    {
        private Dictionary<string, int> _sizes = [];
        private long _bytes;

        /// <summary>A list says what there is: what was told before counts no longer.</summary>
        public void Replace(Listed list)
        {
            all.Add(list.Bytes - _bytes);
            (_sizes, _bytes) = (list.Sizes, list.Bytes);
        }

        /// <summary>One is new, or has changed.</summary>
        public void Set(string key, int size)
        {
            ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_sizes, key, out _);
            int more = size - known;
            all.Add(more);
            known = size;
            _bytes += more;
        }

        /// <summary>One is gone.</summary>
        public void Remove(string key)
        {
            if (_sizes.Remove(key, out int size))
                all.Add(-size);
            _bytes -= size;
        }
    }

    /// <summary>What a list has told so far.</summary>
    public sealed class Listed
    {
        public Dictionary<string, int> Sizes { get; } = [];

        public long Bytes { get; private set; }

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
