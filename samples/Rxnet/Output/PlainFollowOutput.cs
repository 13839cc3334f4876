using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary><c>follow</c> where standard output is no terminal: a line for each event, but no flood of them while catching up.</summary>
internal sealed class PlainFollowOutput : IFollowOutput
{
    /// <summary>Block lines between two lines of numbers; those beyond are counted.</summary>
    private const int MaxBlockLines = 10;

    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(1);

    private readonly StandardOutput _output;
    private readonly FollowStatistics _statistics;
    private readonly IDisposable _ticking;
    private int _blockLines;
    private volatile bool _isClosed;

    public PlainFollowOutput(StandardOutput output, FollowStatistics statistics, IScheduler scheduler)
    {
        _output = output;
        _statistics = statistics;
        _ticking = Observable.Interval(StatusEvery, scheduler).Subscribe(_ => WriteStatus());
    }

    public void Write(FollowEvent followed)
    {
        if (_isClosed)
        {
            throw new OutputClosedException();
        }

        _statistics.Add(followed);
        bool isFlood = followed is FollowEvent.RollForward && Interlocked.Increment(ref _blockLines) > MaxBlockLines;
        if (!isFlood && Wording.Line(followed) is { } line)
        {
            _output.WriteLine(line);
        }
    }

    public ValueTask DisposeAsync()
    {
        _ticking.Dispose();
        FollowStatistics.Snapshot end = _statistics.Take();
        if (!_isClosed && end.WasUp)
        {
            _output.WriteLine(Wording.Summary(end));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The numbers, where something has happened since they were told last.</summary>
    private void WriteStatus()
    {
        if (Interlocked.Exchange(ref _blockLines, 0) == 0)
        {
            return;
        }

        try
        {
            _output.WriteLine(Wording.Line(_statistics.Take()));
        }
        catch (OutputClosedException)
        {
            _isClosed = true;
        }
    }
}
