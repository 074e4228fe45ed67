"""Every golden trace gives what `tcptracer show` printed of it: the same events, and the same places of damage."""
import unittest

from .material import GOLDEN, ROOT, golden_damage, golden_events
import tcptracer_trace as tct

# An end by name needs the product's rules for addresses: the README says so
NOT_READ = {"src", "dst"}
KINDS = {"MissingBlock": "gap", "OutOfOrder": "order", "CutTail": "cut"}
IN_JSON = ("type node namespace pod container pid comm ipversion saddr daddr sport dport operation timestamp tid uid gid conn error reason latency_ns "
           "duration_ns sent_bytes received_bytes retransmits srtt_us netns mntns cgroup attribution flow exe close_ns").split()


class GoldenTest(unittest.TestCase):
    def test_there_are_traces_of_both_versions(self):
        self.assertGreater(len(GOLDEN), 60)
        self.assertLessEqual({"1.0", "1.1"}, {trace.parts[-3] for trace in GOLDEN})

    def test_events_are_those_of_show(self):
        compared = 0
        for trace in GOLDEN:
            with self.subTest(trace=trace.parts[-3:-1]):
                expected = golden_events(trace)
                try:
                    with tct.open(trace) as opened:
                        events = list(opened)
                except tct.TraceError:
                    events = []
                self.assertEqual(len(expected), len(events))
                for event, shown in zip(events, expected):
                    self.assertEqual({k: v for k, v in shown.items() if k not in NOT_READ}, {k: v for k, v in event.items() if k in IN_JSON})
                    compared += 1
        self.assertGreater(compared, 500)

    def test_damage_is_where_show_sees_it(self):
        for trace in GOLDEN:
            with self.subTest(trace=trace.parts[-3:-1]):
                expected = golden_damage(trace)
                try:
                    with tct.open(trace) as opened:
                        list(opened)
                except tct.TraceError as refusal:
                    self.assertEqual(["TooNew"], [word for word, _ in expected])
                    self.assertIn("needs a newer reader", str(refusal))
                    continue
                found = [(p.kind, p.offset) for p in opened.problems]
                self.assertEqual([(KINDS.get(word, "damage"), offset) for word, offset in expected], found)

    def test_losses_are_counted(self):
        for version in ("1.0", "1.1"):
            with tct.open(ROOT / f"tests/golden/{version}/loss/trace.tct") as trace:
                list(trace)
            self.assertEqual({"ring-full": 3, "connections-full": 1}, trace.lost)
            self.assertEqual([("ring-full", 5, 9), ("connections-full", 9, 9)], [(x["source"], x["from"], x["to"]) for x in trace.losses])

    def test_names_are_listed(self):
        with tct.open(ROOT / "tests/golden/1.1/pods-cluster/trace.tct") as trace:
            list(trace)
        self.assertIn(("batch", "job-1"), [(pod["namespace"], pod["name"]) for pod in trace.pods])
        self.assertEqual(["web"], [service["name"] for service in trace.services])
        self.assertEqual(["10.96.0.7"], [claim["address"] for claim in trace.services[0]["claims"]])
        self.assertEqual(["node-1"], [node["name"] for node in trace.nodes])

    def test_two_traces_in_one_file(self):
        with tct.open(ROOT / "tests/golden/1.1/two-traces/trace.tct") as trace:
            nodes = [event["node"] for event in trace]
        self.assertEqual(["node-1"] * 12 + ["node-2"] * 3, nodes)
        self.assertEqual(["node-1", "node-2"], [header["node"] for header in trace.headers])
