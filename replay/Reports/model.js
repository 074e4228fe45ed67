'use strict';
// The data of the page, what is selected of them, and how values are written. Nothing here or below makes HTML of text.

const data = JSON.parse(document.getElementById('data').textContent);
const none = {
  from: 0, to: 0, port: 0, sumOf: 0, calls: 0, failed: 0, resetByCaller: 0, resetByCalled: 0, broken: 0, open: 0, there: 0, back: 0,
  retransmits: 0, p50: 0, p99: 0, queue99: 0, first: 0, last: 0, firstFailed: 0, lastFailed: 0, errors: {}, reached: {}, failures: [], times: [],
};
const parties = data.parties;
const edges = data.edges.map((edge, index) => ({ ...none, ...edge, index, cells: cellsOf(edge.times || []) }));
const resetsOf = edge => edge.resetByCaller + edge.resetByCalled + edge.broken;

/** The intervals of an edge, from the flat list: see EdgeData.Times. */
function cellsOf(flat) {
  const cells = [];
  let interval = 0;
  for (let at = 0; at < flat.length;) {
    interval += flat[at];
    const bins = [], end = at + 5 + 2 * flat[at + 4];
    for (let bin = at + 5; bin < end; bin += 2) bins.push([flat[bin], flat[bin + 1]]);
    cells.push({ interval, calls: flat[at + 1], failed: flat[at + 2], resets: flat[at + 3], bins });
    at = end;
  }
  return cells;
}

// What is selected: everything, what one party takes part in, what one calls another, or one edge
let selected = null;
const isSelected = edge => !selected
  || (selected.node !== undefined ? edge.from === selected.node || edge.to === selected.node
    : selected.edge !== undefined ? edge.index === selected.edge
      : edge.from === selected.from && edge.to === selected.to);
const selectedEdges = () => edges.filter(isSelected);
const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);

/** Adds up bins of latency: a map from bin to count. */
function addBins(to, bins) {
  for (const [bin, count] of bins) to.set(bin, (to.get(bin) || 0) + count);
  return to;
}

/** A percentile of added bins in nanoseconds; null: there are no values. LatencyBins has the other direction. */
function percentile(bins, share) {
  const sorted = [...bins].sort((a, b) => a[0] - b[0]);
  let left = Math.ceil(share * sum(sorted, b => b[1]));
  for (const [bin, count] of sorted) {
    left -= count;
    if (left <= 0) return bin < 4 ? bin : (4 + (bin & 3) + .5) * 2 ** ((bin >> 2) - 1);
  }
  return null;
}

const count = n => n.toLocaleString('en-US');
const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
/** As the commands write it, so that one number is the same everywhere: rounded down, so that 999 999 ns never become 1000us. */
const scaled = (value, units, most) => {
  let unit = 0, scale = 1;
  for (; unit < units.length - 1 && value / scale >= 1000; unit++) scale *= 1000;
  const whole = Math.floor(value / scale), decimals = unit === 0 || whole >= 100 ? 0 : Math.min(most, whole >= 10 ? 1 : 2);
  const part = String(Math.floor(value % scale / (scale / 1000))).padStart(3, '0').slice(0, decimals);
  return `${whole}${part && '.' + part}${units[unit]}`;
};
const bytes = n => scaled(n, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], 1);
const two = (ns, large, name, small, nameOfSmall) =>
  `${Math.floor(ns / large)}${name}${String(Math.floor(ns % large / small)).padStart(2, '0')}${nameOfSmall}`;
const length = ns => ns < 120e9 ? scaled(ns, ['ns', 'us', 'ms', 's'], 2) : ns < 3600e9 ? two(ns, 60e9, 'm', 1e9, 's')
  : ns < 86400e9 ? two(ns, 3600e9, 'h', 60e9, 'm') : two(ns, 86400e9, 'd', 3600e9, 'h');
const share = (part, whole) => !part ? '' : part === whole ? '100 %' : `${(100 * part / whole).toPrecision(2)} %`;

/** A moment in UTC, from microseconds; with its day where the report spans more than one. */
function moment(us, digits = 3) {
  const date = new Date(us / 1000);
  if (!us || isNaN(date)) return '';
  const text = date.toISOString(), day = data.to - data.from > 864e8 ? `${text.slice(0, 10)} ` : '';
  return day + text.slice(11, digits ? 20 + digits : 19);
}

/** An element with text and children; never with HTML. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The same of SVG. */
function drawn(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const shortened = (text, most) => text.length <= most ? text : `${text.slice(0, most - 1)}…`;
