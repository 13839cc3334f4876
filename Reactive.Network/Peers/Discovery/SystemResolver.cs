using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Reactive.Network.Peers.Discovery;

/// <summary>
/// Asks the name servers that the system is configured with. Addresses of names that they do not know are asked of the system itself, whose hosts file may have
/// them; it tells no time to live, so <see cref="DnsSchedule.MinTimeToLive"/> is given.
/// </summary>
public sealed class SystemResolver : IPeerResolver
{
    private readonly Lazy<LookupClient> _client;

    /// <summary>A resolver with the name servers of the system, which are looked for at the first question.</summary>
    public SystemResolver()
        : this([])
    {
    }

    /// <summary>A resolver with other name servers.</summary>
    /// <param name="nameServers">The servers; none for those of the system.</param>
    public SystemResolver(params ImmutableArray<IPEndPoint> nameServers) =>
        _client = new Lazy<LookupClient>(() =>
        {
            LookupClientOptions options = nameServers.IsDefaultOrEmpty ? new LookupClientOptions() : new LookupClientOptions([.. nameServers]);

            // The schedule is the cache: what it asks for it wants to know anew.
            options.UseCache = false;

            // Two tries within the 5 s that a public root gets.
            options.Timeout = TimeSpan.FromSeconds(2);
            options.Retries = 1;
            return new LookupClient(options);
        });

    /// <inheritdoc/>
    public IDisposable Resolve(NameQuestion question, Action<NameAnswer> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        CancellationTokenSource giveUp = new();
        CancellationToken token = giveUp.Token;
        _ = Task.Run(
            async () =>
            {
                NameAnswer answer = await AskAsync(question, token).ConfigureAwait(false);
                if (!token.IsCancellationRequested)
                {
                    done(answer);
                }
            },
            CancellationToken.None);
        return new Cancellation(giveUp);
    }

    private async Task<NameAnswer> AskAsync(NameQuestion question, CancellationToken token)
    {
        try
        {
            return question.Record == NameRecord.Service
                ? await ServicesAsync(question.Name, token).ConfigureAwait(false)
                : await AddressesAsync(question.Name, token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // whatever the client throws: there is no answer, and this is why
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new NameAnswer.Failed(NameFailure.Unavailable, e);
        }
    }

    private async Task<NameAnswer> ServicesAsync(string name, CancellationToken token)
    {
        IDnsQueryResponse response = await _client.Value.QueryAsync(name, QueryType.SRV, cancellationToken: token).ConfigureAwait(false);
        SrvRecord[] records = [.. response.Answers.OfType<SrvRecord>()];
        return records.Length == 0
            ? Nothing(response)
            : new NameAnswer.Services(
                [.. records.Select(static record => new ServiceRecord(record.Priority, record.Weight, record.Port, record.Target.Value.TrimEnd('.')))],
                TimeSpan.FromSeconds(records.Min(static record => record.InitialTimeToLive)));
    }

    private async Task<NameAnswer> AddressesAsync(string name, CancellationToken token)
    {
        NameAnswer.Failed failed;
        try
        {
            Task<IDnsQueryResponse> v4 = _client.Value.QueryAsync(name, QueryType.A, cancellationToken: token);
            Task<IDnsQueryResponse> v6 = _client.Value.QueryAsync(name, QueryType.AAAA, cancellationToken: token);
            IDnsQueryResponse[] responses = await Task.WhenAll(v4, v6).ConfigureAwait(false);
            AddressRecord[] records = [.. responses.SelectMany(static response => response.Answers.OfType<AddressRecord>())];
            if (records.Length > 0)
            {
                return new NameAnswer.Addresses(
                    [.. records.Select(static record => record.Address)], TimeSpan.FromSeconds(records.Min(static record => record.InitialTimeToLive)));
            }

            failed = Nothing(responses.FirstOrDefault(static response => IsTrouble(response)) ?? responses[0]);
        }
        catch (DnsResponseException e)
        {
            failed = new NameAnswer.Failed(NameFailure.Unavailable, e);
        }

        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(name, token).ConfigureAwait(false);
            return found.Length == 0 ? failed : new NameAnswer.Addresses([.. found], DnsSchedule.MinTimeToLive);
        }
        catch (SocketException)
        {
            return failed;
        }
    }

    private static NameAnswer.Failed Nothing(IDnsQueryResponse response) =>
        new(IsTrouble(response) ? NameFailure.Unavailable : NameFailure.NotFound);

    private static bool IsTrouble(IDnsQueryResponse response) =>
        response.HasError && response.Header.ResponseCode is not DnsHeaderResponseCode.NotExistentDomain;

    private sealed class Cancellation(CancellationTokenSource source) : IDisposable
    {
        public void Dispose() => source.Cancel();
    }
}
