"""Reads the traces of tcptracer (.tct).

    import tcptracer_trace as tct

    for event in tct.open("shop.tct"):          # a dict an event, with the names of `tcptracer show -o json`
        print(event["comm"], event["daddr"], event["dport"])

    frame = tct.read("shop.tct")                # a pandas DataFrame

A damaged trace is read as far as it is good; `problems` of the trace says what was passed over. TraceError: it cannot be read at all.
"""
from ._errors import Problem, TraceError
from ._frames import Record
from ._names import Place
from ._pandas import COLUMNS, read, to_pandas
from ._trace import Source, Trace

__all__ = ["COLUMNS", "Place", "Problem", "Record", "Source", "Trace", "TraceError", "open", "read", "to_pandas"]
__version__ = "0.1.0"


def open(source: Source) -> Trace:  # as gzip.open
    """Opens a trace: a file name, bytes, or a binary file. Close it, or use it in a with statement."""
    return Trace(source)
