using TcpTracer.Cli.Linux;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>Shows rates on the whole terminal, and obeys the keys, until the user leaves or it is stopped.</summary>
/// <param name="table">What is shown.</param>
/// <param name="view">Makes the frames.</param>
/// <param name="state">What is chosen.</param>
/// <param name="isLive">Whether the table still grows.</param>
internal sealed class TopScreen(RateTable table, TopView view, TopState state, bool isLive)
{
    private const int HeaderLine = 2;
    private static readonly TimeSpan s_key = TimeSpan.FromMilliseconds(50), s_frame = TimeSpan.FromMilliseconds(500);
    private volatile bool _isStopped;

    /// <summary>Ends <see cref="Run"/>. Any thread may call it.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>A terminal that is gone has no keys, and reading one would never end.</summary>
    private bool IsOver => _isStopped || state.IsOver || StandardDescriptor.IsHungUp(StandardDescriptor.Input);

    /// <summary>Runs until the user leaves.</summary>
    public void Run()
    {
        using var screen = new WholeScreen();
        TimeSpan interval = TimeSpan.FromMilliseconds(table.IntervalNs / 1e6);
        long advanced = Environment.TickCount64, drawn = 0;
        (int Rows, int Columns) size = default;
        while (!IsOver)
        {
            bool isChanged = false;
            while (!IsOver && Console.KeyAvailable)
            {
                state.Press(Console.ReadKey(intercept: true), table.Times);
                isChanged = true;
            }
            if (Environment.TickCount64 - advanced >= interval.TotalMilliseconds)
            {
                state.Advance(table.Times, isLive);
                advanced = Environment.TickCount64;
            }
            isChanged |= WholeScreen.Size != size || Environment.TickCount64 - drawn >= s_frame.TotalMilliseconds;
            if (isChanged)
            {
                size = WholeScreen.Size;
                screen.Show(view.Lines(table, state, size.Columns, size.Rows), HeaderLine);
                drawn = Environment.TickCount64;
            }
            Thread.Sleep(s_key);
        }
    }
}
