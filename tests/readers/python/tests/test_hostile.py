"""Files that were made to hurt: refused in one sentence, in bounded memory, and what is good in them is read."""
import random
import resource
import subprocess
import sys
import unittest

from .material import ENVIRONMENT, GOLDEN, SHOP, block, frame, header, pack, record
import tcptracer_trace as tct


def noise(size):
    """A text that cannot be compressed much."""
    return random.Random(1).randbytes(size).hex()[:size]


def read(data):
    """The events, and the problems as sentences."""
    with tct.open(data) as trace:
        return list(trace), [str(problem) for problem in trace.problems]


class HostileTest(unittest.TestCase):
    def assert_passed_over(self, bad, words):
        events, problems = read(header() + bad + block())
        self.assertEqual(1, len(events))
        self.assertEqual(1, len(problems), problems)
        self.assertIn(words, problems[0])
        self.assertNotIn("\n", problems[0])

    def test_a_good_block_is_read(self):
        events, problems = read(header() + block() + block())
        self.assertEqual([[], ["10.0.0.1"] * 2], [problems, [event["saddr"] for event in events]])

    def test_records_whose_parts_disagree(self):
        for name, bad in {
            "no rows": block(n=0), "text for rows": block(n="1"), "no dictionary": record("events", n=1, clock=[0, 0], c={}),
            "kind beyond": block({"kind": [0, 0, 1, b""]}), "local beyond": block({"local": [0, 0, 9, b""]}), "back beyond": block({"back": [0, 0, 1, b""]}),
            "payload too short": block({"ts": [1, 8, 0, b"\0"]}), "payload of text": block({"ts": [1, 8, 0, "12345678"]}), "bits of 3": block({"fd": [4, 3, 0, b"\0"]}),
            "no ts": block({"ts": None}), "an address of 5": block(dictionaries={"address": [b"12345"] * 2}), "process of 3": block(dictionaries={"process": [[1, 2, 3]]}),
            "other beyond": block({"other": [0, 0, 2, b""]}), "a shift beyond": block({"shift": [0, 0, 5, b""]}), "a negative index": block({"remote": [0, 0, -1, b""]}),
            "a kind of text": block(dictionaries={"kind": [["connect", 0, 0, 0, 0]]}), "true for a number": block({"ts": [0, 0, True, b""]}),
        }.items():
            with self.subTest(name):
                self.assert_passed_over(bad, "damaged at offset")

    def test_limits(self):
        deep = b"\x91" * 9 + b"\xc0"
        for name, bad in {
            "rows": block(n=70_000), "rows for the frame": block(n=60_000), "a command": block(dictionaries={"process": [[1] * 5 + ["x" * 257, ""] + [0] * 5]}),
            "levels": frame(b"\x82" + pack("t") + pack("x") + pack("y") + deep), "text": frame(pack({"t": "x", "y": noise(65_537)})),
            "processes": block(dictionaries={"process": [[7, 7, 0, 0, 1, "c", "s", 9, 0, 9, i, 0] for i in range(16_385)]}),
            "metadata for the frame": frame(b"\x83" + b"".join(map(pack, ("t", "metadata", "y", noise(9_000), "cgroups"))) + b"\xdd\0\0\xea\x60" + b"\x93\0\1\xa0" * 60_000),
        }.items():
            with self.subTest(name):
                self.assert_passed_over(bad, "beyond the limits of the specification")

    def test_a_key_twice(self):
        self.assert_passed_over(frame(b"\x82" + (pack("t") + pack("x")) * 2), "a key twice")

    def test_what_is_no_trace_is_refused(self):
        for data in (b"", b"x", b"hello, this is a text\n" * 100, b"\x1f\x8b", b"\x04\x22\x4d\x18", bytes(100_000), b"PK\3\4" + bytes(50)):
            with self.subTest(data[:10]), self.assertRaises((tct.TraceError, EOFError)):
                read(data)

    def test_metadata_over_all_is_bounded(self):
        record_of = lambda i: record("metadata", pods=[[f"{i}-{j}", "a", f"p{j}", "", "", {}, []] for j in range(900)])
        events, problems = read(header() + b"".join(record_of(i) for i in range(230)) + block())
        self.assertEqual(1, len(events))
        self.assertIn("beyond the limits", problems[0])

    def test_every_prefix_is_read(self):
        data = SHOP.read_bytes()
        for size in range(40, len(data), 97):
            events, problems = read(data[:size])
            self.assertLessEqual(len(problems), 1)
            self.assertTrue(all("cut off" in problem for problem in problems), problems)

    def test_changed_bytes_never_crash_it(self):
        dice = random.Random(7)
        for trace in GOLDEN:
            data = bytearray(trace.read_bytes())
            for _ in range(20):
                for _ in range(3):
                    data[dice.randrange(len(data))] = dice.randrange(256)
                try:
                    read(bytes(data))
                except tct.TraceError as refusal:
                    self.assertNotIn("\n", str(refusal))

    def test_changed_records_never_crash_it(self):
        # Behind good checksums, as a stranger would write them
        dice = random.Random(8)
        good = pack({"t": "events"}), block(), record("metadata", pods=[["u", "ns", "n", "", "", {"a": "b"}, [[b"\x0a\0\0\1", 1, None]]]])
        import lz4.frame
        for _ in range(1500):
            data = bytearray(lz4.frame.decompress(dice.choice(good[1:])))
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(8, len(data))] = dice.randrange(256)
            events, problems = read(header() + frame(bytes(data)) + block())
            self.assertGreaterEqual(len(events), 1)

    def test_memory_is_bounded(self):
        """Each in a process that may not have more than 700 MB of addresses. A record of 4 MiB is the largest there is."""
        empties = b"\xdd" + (65_000).to_bytes(4, "big") + b"\x90" * 65_000
        bomb = frame(b"\x82" + pack("t") + pack("x") + pack("y") + b"\xdc\x00\x40" + empties * 64)
        syncs = (bytes.fromhex("512a4d18f0ff0000a754435462 6c6b0a".replace(" ", "")) + bytes(4)) * 20_000
        claims = (b"\x04\x22\x4d\x18\x6c\x70" + (4 << 20).to_bytes(8, "little") + b"\0" + (3 << 20).to_bytes(4, "little")) * 20_000
        for name, data in {"empty arrays": header() + bomb * 20, "sync words": header() + syncs, "frames in frames": header() + claims + syncs}.items():
            with self.subTest(name):
                program = "import sys, tcptracer_trace as t\nwith t.open(sys.stdin.buffer) as trace: print(len(list(trace)), trace.problem_count)"
                run = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, env=ENVIRONMENT,
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20)))
                self.assertEqual((0, b""), (run.returncode, run.stderr))
                self.assertTrue(run.stdout.startswith(b"0 "), run.stdout)
