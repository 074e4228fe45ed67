"""What else the package promises: later versions, packed traces, the command line."""
import gzip
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from .material import ENVIRONMENT, ROOT, SHOP, block, header, record
import tcptracer_trace as tct


class LaterVersionsTest(unittest.TestCase):
    def test_what_a_later_minor_version_adds_is_passed_over(self):
        data = (record("header", major=1, minor=99, required=[], node="n", later={"x": [True, None]}) + record("weather", rain=True) + record("weather", rain=False)
                + block({"later": [9, "?"], "fd": [15, "?", 1, 2, 3]}, {"later": {"x": 1}, "kind": [[17, 42, 77, 128, 0, "more"]]}, later=[1, "two"]))
        with tct.open(data) as trace:
            event, = trace
        self.assertEqual(("unknown(17)", "unknown", "unknown", 0), (event["operation"], event["reason"], event["attribution"], event["fd"]))
        self.assertEqual({"record weather", "encoding of column fd"}, trace.unknown)
        self.assertEqual([], trace.problems)

    def test_a_higher_major_version_is_refused(self):
        with self.assertRaisesRegex(tct.TraceError, r"^this trace needs a newer reader: its format is 2\.7, and this reader knows 1$"):
            list(tct.open(record("header", major=2, minor=7)))

    def test_an_unknown_required_feature_is_refused(self):
        with self.assertRaisesRegex(tct.TraceError, r"^this trace needs a newer reader: it requires se\?led$"):
            list(tct.open(record("header", major=1, minor=1, required=["merged", "se\x1bled"])))

    def test_the_start_frame_speaks_for_a_lost_header(self):
        start = bytes.fromhex("502a4d18") + (28).to_bytes(4, "little") + b"TCT1\2\0" + bytes(22)
        with self.assertRaises(tct.TraceError):
            list(tct.open(start + block()))

    def test_traces_of_several_hosts_are_read(self):
        sources = [{"node": "a"}, {"node": "b"}]
        process = [7, 7, 0, 0, 1, "curl", "sh", 9, 0, 9, 5, 0, "", "", 1]
        data = (header(merged=sources) + record("metadata", cgroups=[[0, 5, "/kubepods/podx/" + "c" * 64]], pods=[["x", "ns", "web", "", "", {}, []]], source=1)
                + block(dictionaries={"process": [process], "shift": [-500]}) + block())
        with tct.open(data) as trace:
            second, first = trace
        self.assertEqual(("b", "ns", "web", 1500), tuple(second[k] for k in ("node", "namespace", "pod", "boottime_ns")))
        self.assertEqual(("a", "<>", "<>", 1000), tuple(first[k] for k in ("node", "namespace", "pod", "boottime_ns")))


class SourcesTest(unittest.TestCase):
    def test_every_kind_of_source(self):
        data, expected = SHOP.read_bytes(), list(tct.open(SHOP))
        for source in (str(SHOP), data, bytearray(data), io.BytesIO(data), gzip.compress(data), gzip.compress(data[:5000]) + gzip.compress(data[5000:])):
            self.assertEqual(expected, list(tct.open(source)))

    def test_what_comes_before_a_damage_of_a_packed_trace_is_read(self):
        packed, expected = bytearray(gzip.compress(SHOP.read_bytes())), list(tct.open(SHOP))
        wrong_sum = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]
        for source in (wrong_sum, packed + b"rubbish"):
            trace = tct.open(bytes(source))
            self.assertEqual(expected, list(trace))
            self.assertEqual(["damage"], [p.kind for p in trace.problems])

    def test_zstd_is_read_or_refused_with_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder, "shop.tct.zst")
            packed.write_bytes(bytes.fromhex("28b52ffd") + bytes(20))
            try:
                import zstandard
            except ImportError:
                with self.assertRaisesRegex(tct.TraceError, "install zstandard"):
                    tct.open(packed)
                return
            packed.write_bytes(zstandard.ZstdCompressor().compress(SHOP.read_bytes()))
            self.assertEqual(list(tct.open(SHOP)), list(tct.open(packed)))

    def test_header_is_there_before_the_first_event(self):
        with tct.open(SHOP) as trace:
            self.assertEqual("worker-1", trace.header["node"])
            self.assertIsNone(trace.end)
            self.assertGreater(sum(1 for _ in trace), 100)
            self.assertIsNotNone(trace.end)

    def test_each_byte_that_is_not_utf8_is_one_sign(self):
        process = [7, 7, 0, 0, 1, b"a\xf0\x9f\x98\xff\xc3\xa9\xc3", "sh", 9, 0, 9, 5, 0]
        event, = tct.open(header() + block(dictionaries={"process": [process]}))
        self.assertEqual("a\ufffd\ufffd\ufffd\ufffd\u00e9\ufffd", event["comm"])

    def test_records_and_rows(self):
        with tct.open(SHOP) as trace:
            self.assertEqual("header", next(trace.records()).kind)
            row = next(trace.rows())
        self.assertIsInstance(row["saddr"], bytes)
        self.assertIsInstance(row["operation"], int)


class CommandLineTest(unittest.TestCase):
    def run_it(self, *arguments):
        return subprocess.run([sys.executable, "-m", "tcptracer_trace", *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT)

    def test_events(self):
        run = self.run_it("--events", SHOP)
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        self.assertEqual(list(tct.open(SHOP)), [json.loads(line) for line in run.stdout.splitlines()])

    def test_exit_status_and_sentences(self):
        golden = ROOT / "tests/golden/1.1"
        for arguments, status, words in (((), 2, "usage"), (("--later", SHOP), 2, "usage"), (("nowhere.tct",), 1, "No such file"), ((__file__,), 1, "no .tct trace"),
                                         ((golden / "damaged-cut/trace.tct",), 0, "everything before is good"), ((golden / "damaged-length/trace.tct",), 3, "damaged at"),
                                         ((golden / "newer-major/trace.tct",), 1, "needs a newer reader")):
            run = self.run_it(*arguments)
            self.assertEqual((status, 1), (run.returncode, len(run.stderr.splitlines())), run.stderr)
            self.assertIn(words, run.stderr)
