using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Rxnet.Following;
using Spectre.Console;

namespace Rxnet.Output;

/// <summary><c>follow</c> on a terminal: a view that is drawn again four times a second, and a summary at the end.</summary>
internal sealed class LiveFollowOutput : IFollowOutput
{
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console;
    private readonly FollowView _view;
    private readonly FollowStatistics _statistics;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;

    public LiveFollowOutput(IAnsiConsole console, string title, FollowStatistics statistics, IScheduler scheduler)
    {
        _console = console;
        _view = new FollowView(title);
        _statistics = statistics;
        _drawing = DrawAsync(scheduler);
    }

    public void Write(FollowEvent followed)
    {
        _statistics.Add(followed);
        if (followed is not (FollowEvent.RollForward) && Wording.Line(followed) is { } line)
        {
            _view.Note(line);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _drawing.ConfigureAwait(false);
        _end.Dispose();
        _console.WriteLine(Wording.Summary(_statistics.Take()));
    }

    private Task DrawAsync(IScheduler scheduler) => _console.Live(_view.Draw(_statistics.Take())).StartAsync(async context =>
    {
        try
        {
            await Observable.Interval(DrawEvery, scheduler)
                .Do(_ => context.UpdateTarget(_view.Draw(_statistics.Take())))
                .ToTask(_end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            context.UpdateTarget(_view.Draw(_statistics.Take()));
        }
    });
}
