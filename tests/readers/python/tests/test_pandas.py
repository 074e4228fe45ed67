"""A trace as a DataFrame."""
import subprocess
import sys
import unittest
import warnings

from .material import ENVIRONMENT, GOLDEN, ROOT, SHOP, record
import tcptracer_trace as tct

try:
    import pandas
    pandas.DataFrame
except (ImportError, AttributeError):
    pandas = None


class WithoutPandasTest(unittest.TestCase):
    def test_a_sentence_says_what_to_install(self):
        program = "import sys; sys.modules['pandas'] = None\nimport tcptracer_trace as t\ntry: t.read(sys.argv[1])\nexcept ImportError as e: print(e)"
        run = subprocess.run([sys.executable, "-c", program, str(SHOP)], capture_output=True, text=True, env=ENVIRONMENT)
        self.assertEqual(("a DataFrame needs pandas: install it with pip install pandas (Debian: python3-pandas)\n", ""), (run.stdout, run.stderr))


@unittest.skipIf(pandas is None, "pandas is not installed")
class PandasTest(unittest.TestCase):
    def test_types(self):
        frame = tct.read(SHOP)
        types = {name: str(kind) for name, kind in frame.dtypes.items()}
        self.assertEqual(tuple(frame.columns), tct.COLUMNS)
        self.assertEqual("datetime64[ns, UTC]", types["timestamp"])
        self.assertEqual({"category"}, {types[name] for name in ("comm", "pod", "operation", "error", "reason", "exe")})
        self.assertEqual({"object"}, {types[name] for name in ("saddr", "daddr", "conn", "flow")})
        self.assertEqual({"int64"}, {types[name] for name in ("pid", "dport", "boottime_ns")})
        self.assertEqual({"UInt64"}, {types[name] for name in ("latency_ns", "sent_bytes", "srtt_us")})
        self.assertEqual("bool", types["late"])

    def test_values_are_those_of_the_events(self):
        for trace in GOLDEN:
            try:
                events = list(tct.open(trace))
            except tct.TraceError:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frame = tct.read(trace)
            self.assertEqual(len(events), len(frame))
            for event, (_, row) in zip(events, frame.iterrows()):
                for name in tct.COLUMNS:
                    value = row[name]
                    if name == "timestamp":
                        self.assertEqual(pandas.Timestamp(event[name]), value)
                    elif isinstance(value, (list, dict)):
                        self.assertEqual(event[name], value)
                    else:
                        self.assertEqual(event.get(name, False if isinstance(value, bool) else None), None if pandas.isna(value) else value, name)

    def test_chosen_fields(self):
        self.assertEqual(["comm", "dport"], list(tct.read(SHOP, ["comm", "dport"]).columns))
        with self.assertRaisesRegex(ValueError, "there is no field 'dst'"):
            tct.read(SHOP, ["dst"])

    def test_an_empty_trace_has_the_same_types(self):
        empty = tct.read(ROOT / "tests/golden/1.1/empty/trace.tct")
        self.assertEqual(0, len(empty))
        self.assertEqual(tct.read(SHOP).dtypes["timestamp"], empty.dtypes["timestamp"])
        self.assertEqual("UInt64", str(empty.dtypes["latency_ns"]))

    def test_damage_is_a_warning(self):
        with self.assertWarnsRegex(UserWarning, "damaged at offset 1260"):
            frame = tct.read(ROOT / "tests/golden/1.1/damaged-length/trace.tct")
        self.assertEqual("node-1", frame.attrs["tcptracer"]["header"]["node"])
