using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using ParquetSharp.Arrow;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>The rows of a Parquet file as Arrow's C++ reader reads them. pandas uses that reader, too.</summary>
internal static class ArrowRows
{
    public static List<string?[]> Of(string file)
    {
        using var reader = new FileReader(file);
        using Apache.Arrow.Ipc.IArrowArrayStream batches = reader.GetRecordBatchReader();
        var rows = new List<string?[]>();
        while (batches.ReadNextRecordBatchAsync().AsTask().GetAwaiter().GetResult() is { } batch)
        {
            using (batch)
            {
                for (int row = 0; row < batch.Length; row++)
                    rows.Add([.. batch.Arrays.Select(a => Text(a, row))]);
            }
        }
        return rows;
    }

    private static string? Text(IArrowArray array, int row) => array.IsNull(row) ? null : array switch
    {
        StringArray texts => texts.GetString(row),
        UInt8Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt16Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt32Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt64Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        Int64Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        BooleanArray flags => flags.GetValue(row)!.Value.ToString(),
        TimestampArray { Data.DataType: TimestampType { Unit: TimeUnit.Nanosecond, Timezone: null or "" } } times =>
            times.Values[row].ToString(CultureInfo.InvariantCulture),
        StructArray group => string.Join(", ", group.Fields.Select(f => Text(f, row) ?? "NULL")),
        _ => throw new NotSupportedException($"{array.Data.DataType.Name} in a table of events"),
    };
}
