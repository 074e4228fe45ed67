using System.Buffers;
using System.Text.Json;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Splits a list into pieces as its bytes come in.</summary>
internal sealed class ListPieces
{
    private JsonReaderState _state;
    private Place _place;

    private enum Place
    {
        Before,
        InList,
        InItems,
        After,
    }

    /// <summary>Whether the list has ended.</summary>
    public bool IsAtEnd => _place == Place.After;

    /// <summary>The next piece.</summary>
    /// <param name="rest">The bytes that have come in. Those that are parsed are taken off.</param>
    /// <returns>An element of <c>items</c>, or <c>metadata</c>; null: more bytes have to come in first, or the list has ended.</returns>
    public (bool IsItem, ReadOnlySequence<byte> Piece)? TryNext(ref ReadOnlySequence<byte> rest)
    {
        while (!IsAtEnd)
        {
            var json = new Utf8JsonReader(rest, isFinalBlock: false, _state);
            if (!json.Read())
                return null;
            Place place = _place;
            bool isMetadata = false;
            if (json.TokenType == JsonTokenType.PropertyName && place == Place.InList)
            {
                isMetadata = json.ValueTextEquals("metadata"u8);
                bool areItems = json.ValueTextEquals("items"u8);
                if (!json.Read())
                    return null;
                if (areItems && json.TokenType == JsonTokenType.StartArray)
                {
                    Advance(ref rest, in json, Place.InItems);
                    continue;
                }
            }
            else if (Next(place, json.TokenType) is { } next)
            {
                Advance(ref rest, in json, next);
                continue;
            }
            long start = json.TokenStartIndex;
            if (!json.TrySkip())
                return null;
            ReadOnlySequence<byte> piece = rest.Slice(start, json.BytesConsumed - start);
            Advance(ref rest, in json, place);
            if (place == Place.InItems || isMetadata)
                return (place == Place.InItems, piece);
        }
        return null;
    }

    /// <summary>The place to which a token leads; null: it begins a value.</summary>
    private static Place? Next(Place place, JsonTokenType token) => (place, token) switch
    {
        (Place.Before, JsonTokenType.StartObject) => Place.InList,
        (Place.Before, _) => throw new JsonException("it is no JSON object"),
        (Place.InList, JsonTokenType.EndObject) => Place.After,
        (Place.InItems, JsonTokenType.EndArray) => Place.InList,
        _ => null,
    };

    private void Advance(ref ReadOnlySequence<byte> rest, in Utf8JsonReader json, Place place)
    {
        rest = rest.Slice(json.BytesConsumed);
        (_state, _place) = (json.CurrentState, place);
    }
}
