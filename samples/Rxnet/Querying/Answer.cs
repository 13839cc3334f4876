using System.Text.Json;

namespace Rxnet.Querying;

/// <summary>A result as it is told.</summary>
/// <param name="Lines">For people.</param>
/// <param name="Write">Writes one JSON value.</param>
internal sealed record Answer(IReadOnlyList<string> Lines, Action<Utf8JsonWriter> Write);
