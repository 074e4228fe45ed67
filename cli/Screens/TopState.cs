using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>What the keys of <c>top</c> have chosen.</summary>
internal sealed class TopState
{
    /// <summary>What the rows are.</summary>
    public RateGrouping Grouping { get; set; } = RateGrouping.Command;

    /// <summary>The column that rows are sorted by.</summary>
    public int Sort { get; private set; }

    /// <summary>Whether the smallest come first.</summary>
    public bool IsReversed { get; private set; }

    /// <summary>Only rows with this text in their names; empty: all.</summary>
    public string Find { get; private set; } = "";

    /// <summary>Whether keys are letters of <see cref="Find"/>.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>Whether the keys are explained instead of rows. The next key ends that.</summary>
    public bool IsHelp { get; private set; }

    /// <summary>Whether time stands still.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether all times are shown together.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The moment that is shown, in nanoseconds since 1970; null: the latest one.</summary>
    public long? AtNs { get; private set; }

    /// <summary>How many rows are scrolled out of view at the top.</summary>
    public int Scrolled { get; private set; }

    /// <summary>Whether the user wants to leave.</summary>
    public bool IsOver { get; private set; }

    /// <summary>A file begins with all of it, live output with what happens now.</summary>
    public static TopState OfFile => new() { IsWhole = true, IsPaused = true };

    /// <summary>Takes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="times">When the slices begin, the earliest first.</param>
    public void Press(ConsoleKeyInfo key, IReadOnlyList<long> times)
    {
        if (IsTyping)
        {
            Type(key);
            return;
        }
        if (IsHelp)
        {
            (IsHelp, IsOver) = (false, key.KeyChar == 'q');
            return;
        }
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                Step(times, -1);
                return;
            case ConsoleKey.RightArrow:
                Step(times, 1);
                return;
            case ConsoleKey.PageUp:
                Step(times, -ManySlices);
                return;
            case ConsoleKey.PageDown:
                Step(times, ManySlices);
                return;
            case ConsoleKey.Home:
                Step(times, -times.Count);
                return;
            case ConsoleKey.End:
                Step(times, times.Count);
                return;
            case ConsoleKey.UpArrow:
                Scrolled = Math.Max(0, Scrolled - 1);
                return;
            case ConsoleKey.DownArrow:
                Scrolled++;
                return;
            case ConsoleKey.Escape:
                (Find, Scrolled) = ("", 0);
                return;
        }
        PressLetter(key.KeyChar, times);
    }

    private const int ManySlices = 10, LongestFind = 64;

    private void PressLetter(char letter, IReadOnlyList<long> times)
    {
        switch (letter)
        {
            case 'q':
                IsOver = true;
                break;
            case ' ':
                IsPaused = !IsPaused;
                if (IsPaused && !IsWhole)
                    AtNs ??= times.Count > 0 ? times[^1] : null;
                else if (!IsPaused && IsWhole)
                    (IsWhole, AtNs) = (false, times.Count > 0 ? times[0] : null);
                break;
            case 'a':
                IsWhole = !IsWhole;
                break;
            case 'b':
                Grouping = (RateGrouping)(((int)Grouping + 1) % Enum.GetValues<RateGrouping>().Length);
                Scrolled = 0;
                break;
            case 's' or 'S':
                Sort = (Sort + (letter == 's' ? 1 : TopColumns.All.Count - 1)) % TopColumns.All.Count;
                break;
            case 'r':
                IsReversed = !IsReversed;
                break;
            case '?' or 'h':
                IsHelp = true;
                break;
            case '/':
                (IsTyping, Find) = (true, "");
                break;
        }
    }

    private void Type(ConsoleKeyInfo key)
    {
        if (key.Key is ConsoleKey.Enter or ConsoleKey.Escape)
        {
            IsTyping = false;
            Find = key.Key == ConsoleKey.Escape ? "" : Find;
        }
        else if (key.Key == ConsoleKey.Backspace)
        {
            Find = Find.Length > 0 ? Find[..^1] : "";
        }
        else if (!char.IsControl(key.KeyChar) && Find.Length < LongestFind)
        {
            Find += key.KeyChar;
        }
        Scrolled = 0;
    }

    /// <summary>Time stands still at an earlier or later slice. The first step from all times together goes to the first slice.</summary>
    private void Step(IReadOnlyList<long> times, int by)
    {
        if (times.Count == 0)
            return;
        int from = IsWhole ? (by > 0 ? -1 : times.Count) : IndexIn(times);
        int to = Math.Clamp(from + by, 0, times.Count - 1);
        (IsWhole, IsPaused, AtNs) = (false, true, times[to]);
    }

    /// <summary>Time goes on by one slice; at the latest one it goes with the clock, or at the end of a file stands still.</summary>
    public void Advance(IReadOnlyList<long> times, bool isLive)
    {
        if (IsPaused || IsWhole || AtNs is null || times.Count == 0)
            return;
        int next = IndexIn(times) + 1;
        if (next < times.Count)
            AtNs = times[next];
        else if (isLive)
            AtNs = null;
        else
            IsPaused = true;
    }

    /// <summary>The slice that is shown: the last one that does not begin later than <see cref="AtNs"/>.</summary>
    private int IndexIn(IReadOnlyList<long> times)
    {
        int index = times.Count - 1;
        while (index > 0 && AtNs is { } at && times[index] > at)
            index--;
        return index;
    }
}
