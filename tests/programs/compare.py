"""
Compares what was told of ends with the resets on the wire, connection by connection, and with the kernel's counters:
    compare.py EVENTS RESETS SAID NETSTAT...
EVENTS: JSON lines of `show`. RESETS: tcpdump's lines. SAID: what `record` said at its end. NETSTAT: /proc/net/netstat of each host.
"""
import collections
import json
import re
import sys


def resets_of(path):
    sent = set()
    for line in open(path):
        found = re.search(r"IP6? (\S+)\.(\d+) > (\S+)\.(\d+): Flags", line)
        if found:
            sent.add((found[1], int(found[2]), found[3], int(found[4])))
    return sent


def counters_of(path):
    names, values = [line.split() for line in open(path) if line.startswith("TcpExt:")]
    return dict(zip(names[1:], map(int, values[1:])))


events_path, resets_path, said_path, *netstat_paths = sys.argv[1:]
resets = resets_of(resets_path)
reasons, wrong = collections.Counter(), []
for line in open(events_path):
    event = json.loads(line)
    if event["operation"] not in ("close", "unknown"):
        continue
    ours = (event["saddr"], event["sport"], event["daddr"], event["dport"])
    theirs = ours[2:] + ours[:2]
    reason = event.get("reason")
    reasons[reason] += 1
    if reason == "reset-sent" and ours not in resets:
        wrong.append(f"no reset of ours on the wire: {line.strip()}")
    if reason == "reset-received" and theirs not in resets:
        wrong.append(f"no reset of the peer on the wire: {line.strip()}")

counters = [counters_of(path) for path in netstat_paths]
aborts = sum(c["TCPAbortOnData"] + c["TCPAbortOnClose"] + c["TCPAbortOnLinger"] for c in counters)
drops = sum(c["ListenDrops"] for c in counters)
said = re.search(r"(\d+) packets? of handshakes dropped", open(said_path).read())
print("  " + ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=str)) + f"; {len(resets)} connections with resets on the wire; aborts by the kernel's counters: {aborts}")
if reasons["reset-sent"] > aborts:
    wrong.append(f"{reasons['reset-sent']} resets are told as sent, the kernel counts {aborts}")
if (int(said[1]) if said else 0) != drops:
    wrong.append(f"{said[0] if said else 'no dropped handshakes'} are told, the kernel counts {drops}")
if not reasons["reset-sent"] or not reasons["reset-received"]:
    wrong.append("nothing was reset: the scene shows nothing")
for sentence in wrong[:5]:
    print(f"  FAILED: {sentence}")
sys.exit(bool(wrong))
