'use strict';
// The timeline: connections that began, failures and resets, and how long connects took; of what is selected.

const usualWidth = 1180, labelWidth = 90;
const chart = { width: usualWidth, left: 74, right: 10, calls: [18, 92], bad: [124, 172], latency: [204, 292], axis: 310 };

/** Adds up the intervals of edges. */
function intervalsOf(list) {
  const intervals = Array.from({ length: data.intervals || 0 }, () => ({ calls: 0, failed: 0, resets: 0, bins: new Map() }));
  for (const edge of list) {
    for (const cell of edge.cells) {
      const to = intervals[cell.interval];
      to.calls += cell.calls;
      to.failed += cell.failed;
      to.resets += cell.resets;
      addBins(to.bins, cell.bins);
    }
  }
  return intervals;
}

/** Round steps of time for the axis, in microseconds: at most so many. */
function timeStep(span, most) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap(n => [n, n * 1e3]).sort((a, b) => a - b)
    .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map(s => s * 1e6));
  return steps.find(s => span / s <= most) || Math.ceil(span / most / 864e8) * 864e8;
}

function drawTimeline() {
  const place = document.getElementById('timeline');
  place.replaceChildren();
  const intervals = intervalsOf(selectedEdges()), bars = intervals.length;
  if (!bars) { place.append(element('p', {}, 'No connection began or broke off while this was recorded.')); return; }
  const isPhone = isNarrow(place);
  chart.width = isPhone ? place.clientWidth : usualWidth; // a picture of another width is scaled, and its text with it
  const above = isPhone ? 8 : 0; // room for the first title, which stands above the numbers of the axis there
  const from = data.gridFrom, span = bars * data.gridWidth, wide = chart.width - chart.left - chart.right;
  const x = us => chart.left + Math.max(0, Math.min(1, (us - from) / span)) * wide;
  const slot = wide / bars, thick = Math.max(1, Math.min(slot - 1, 40)), inset = (slot - thick) / 2;
  const svg = drawn('svg', { viewBox: `0 ${-above} ${chart.width} ${chart.axis + 18 + above}`, role: 'img', 'aria-label':
    `Timeline: ${tellPair(selectedEdges())}` });
  const text = (at, y, words, kind = 'soft', anchor = 'end') => svg.append(drawn('text', { x: at, y, class: kind, 'text-anchor': anchor }, words));
  const rule = (x1, y1, x2, y2) => svg.append(drawn('line', { class: 'axis', x1, y1, x2, y2 }));

  for (const loss of data.losses) {
    svg.append(drawn('rect', { class: 'lost', x: x(loss.from), y: chart.calls[0], width: Math.max(2, x(loss.to) - x(loss.from)),
      height: chart.latency[1] - chart.calls[0] }, drawn('title', {}, `${count(loss.count)} lost: ${loss.cause}`)));
  }
  const step = timeStep(span, Math.max(2, Math.min(10, Math.floor(wide / labelWidth))));
  for (let tick = Math.ceil(from / step) * step; tick <= from + span; tick += step) {
    rule(x(tick), chart.calls[0], x(tick), chart.axis - 10);
    text(x(tick), chart.axis + 4, moment(tick, step >= 1e6 ? 0 : step >= 1e3 ? 3 : 6), 'soft', 'middle');
  }

  const mostCalls = Math.max(1, ...intervals.map(i => i.calls)), mostBad = Math.max(1, ...intervals.map(i => i.failed + i.resets));
  const panel = ([top, bottom], title, most) => {
    text(isPhone ? 0 : chart.left, top - (isPhone ? 11 : 5), title, '', 'start');
    rule(chart.left, bottom, chart.width - chart.right, bottom);
    if (most) { text(chart.left - 8, top + 6, count(most)); text(chart.left - 8, bottom + 2, '0'); }
  };
  panel(chart.calls, 'connections that began', mostCalls);
  panel(chart.bad, 'failed (red), reset (orange)', mostBad);
  const bar = (kind, i, [top, bottom], below, value, most) => {
    if (!value) return;
    const height = Math.max(1, (bottom - top) * value / most), foot = bottom - (bottom - top) * below / most;
    svg.append(drawn('rect', { class: kind, x: chart.left + i * slot + inset, y: foot - height, width: thick, height }));
  };
  intervals.forEach((interval, i) => {
    bar('bar-call', i, chart.calls, 0, interval.calls, mostCalls);
    bar('bar-fail', i, chart.bad, 0, interval.failed, mostBad);
    bar('bar-reset', i, chart.bad, interval.failed, interval.resets, mostBad);
  });

  const latencies = intervals.map(i => [percentile(i.bins, .5), percentile(i.bins, .99)]);
  const known = latencies.flat().filter(v => v !== null);
  panel(chart.latency, `time to connect: half of them (green), 99 % (violet)${isPhone ? '' : '; logarithmic'}`);
  if (known.length) drawLatencies(svg, latencies, known, i => chart.left + (i + .5) * slot, rule, text);
  else text(chart.left + 8, chart.latency[1] - 30, 'not known: no connect that succeeded was recorded', 'soft', 'start');

  intervals.forEach((interval, i) => {
    const begin = from + i * data.gridWidth, [p50, p99] = latencies[i];
    const took = p50 === null ? '' : `, half connected within about ${length(p50)}, 99 % within ${length(p99)}`;
    svg.append(drawn('rect', { class: 'slot', x: chart.left + i * slot, y: chart.calls[0], width: slot, height: chart.latency[1] - chart.calls[0] },
      drawn('title', {}, `${moment(begin, 6)}: ${plural(interval.calls, 'connection')}, ${count(interval.failed)} failed, ${count(interval.resets)} reset${took}`)));
  });
  place.append(svg);
  document.getElementById('timeline-note').textContent =
    `Times are UTC. Each bar is ${length(data.gridWidth * 1000)}. Percentiles here are within some 10 %.${data.losses.length ? ' Events were lost where the background is coloured.' : ''}`;
}

function drawLatencies(svg, latencies, known, middle, rule, text) {
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...known)))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...known))));
  const [top, bottom] = chart.latency, y = ns => bottom - (bottom - top) * (Math.log10(Math.max(1, ns)) - low) / (high - low);
  const units = n => length(10 ** n).replace('.00', '').replace(/\.0 /, ' ');
  for (let power = low, every = Math.ceil((high - low) / 4); power <= high; power += every) {
    if (power > low) rule(chart.left, y(10 ** power), chart.width - chart.right, y(10 ** power));
    text(chart.left - 8, y(10 ** power) + 4, units(power));
  }
  latencies.forEach(([p50, p99], i) => {
    if (p50 === null) return;
    svg.append(drawn('line', { class: 'range', x1: middle(i), x2: middle(i), y1: y(p50), y2: y(p99) }),
      drawn('circle', { class: 'p99', cx: middle(i), cy: y(p99), r: 2.4 }), drawn('circle', { class: 'p50', cx: middle(i), cy: y(p50), r: 2.4 }));
  });
}
