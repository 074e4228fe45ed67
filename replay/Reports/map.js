'use strict';
// The map: boxes in columns, callers on the left, and in a column those of a namespace together.

const mostNodes = 60, nodeHeight = 38, tallest = 14, mapWidth = 1156, narrowest = 600, lineRoom = 72;
let nodeWidth = 186;
const others = { text: '(others)', kind: 'others', name: '(others)' };

/** What the map shows: the busiest parties, and the pairs of them that talk to each other. */
function mapOf() {
  const busy = new Map();
  for (const edge of edges)
    for (const party of new Set([edge.from, edge.to])) busy.set(party, (busy.get(party) || 0) + edge.calls + edge.failed);
  const order = [...busy].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(b => b[0]);
  const shown = order.length <= mostNodes ? order : order.slice(0, mostNodes - 1);
  const nodes = new Map(shown.map(id => [id, { id, party: parties[id], edges: [], to: [], from: [] }]));
  const hidden = order.length - shown.length;
  if (hidden) nodes.set(-1, { id: -1, party: others, edges: [], to: [], from: [] });
  const nodeOf = id => nodes.get(id) || nodes.get(-1);
  const pairs = new Map();
  for (const edge of edges) {
    const from = nodeOf(edge.from), to = nodeOf(edge.to), key = `${from.id} ${to.id}`;
    if (!pairs.has(key)) {
      pairs.set(key, { from, to, edges: [] });
      if (from !== to) { from.to.push(to); to.from.push(from); }
    }
    pairs.get(key).edges.push(edge);
    for (const node of new Set([from, to])) node.edges.push(edge);
  }
  return { nodes: [...nodes.values()], pairs: [...pairs.values()], hidden };
}

/** Gives each node a column: one further to the right than all of its callers. Where calls go round, one of them goes back. */
function rank(nodes) {
  const state = new Map(), order = [];
  const visit = start => {
    const stack = [[start, 0]];
    state.set(start, 1);
    while (stack.length) {
      const top = stack[stack.length - 1], next = top[0].to[top[1]++];
      if (!next) { state.set(top[0], 2); order.unshift(top[0]); stack.pop(); }
      else if (!state.has(next)) { state.set(next, 1); stack.push([next, 0]); }
    }
  };
  [...nodes].sort((a, b) => a.from.length - b.from.length || b.to.length - a.to.length || a.id - b.id).forEach(n => state.has(n) || visit(n));
  const place = new Map(order.map((n, i) => [n, i]));
  for (const node of order)
    node.rank = Math.max(0, ...node.from.filter(f => place.get(f) < place.get(node)).map(f => f.rank + 1));
  // Who only calls stands right before whom it calls
  for (const node of order.filter(n => !n.from.length && n.to.length)) node.rank = Math.max(0, Math.min(...node.to.map(t => t.rank)) - 1);
}

/** Puts the nodes of each column into an order in which few lines cross; those of a namespace stay together. */
function arrange(nodes) {
  const ranks = [...new Set(nodes.map(n => n.rank))].sort((a, b) => a - b);
  let columns = ranks.map(r => nodes.filter(n => n.rank === r).sort((a, b) => a.party.text < b.party.text ? -1 : 1));
  columns.forEach(c => c.forEach((n, i) => { n.at = i / c.length; }));
  const middle = list => list.length ? sum(list, n => n.at) / list.length : null;
  for (let sweep = 0; sweep < 8; sweep++) {
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      for (const node of column) node.pull = middle(sweep % 2 ? node.to : node.from) ?? node.at;
      const groups = Map.groupBy ? Map.groupBy(column, n => n.party.space || '') : grouped(column);
      const sorted = [...groups.values()].map(g => [sum(g, n => n.pull) / g.length, g.sort((a, b) => a.pull - b.pull)]);
      column.splice(0, column.length, ...sorted.sort((a, b) => a[0] - b[0]).flatMap(g => g[1]));
      column.forEach((n, i) => { n.at = (i + .5) / column.length; });
    }
  }
  columns = columns.flatMap(c => c.length <= tallest ? [c]
    : Array.from({ length: Math.ceil(c.length / tallest) }, (_, i) => c.slice(i * tallest, (i + 1) * tallest)));
  return columns;
}

function grouped(column) {
  const groups = new Map();
  for (const node of column) groups.set(node.party.space || '', [...groups.get(node.party.space || '') || [], node]);
  return groups;
}

/** Whether a place is as narrow as a phone: there is no room for columns side by side. */
const isNarrow = place => place.clientWidth < narrowest;

/** Gives each node its place, and makes the boxes of namespaces. On a phone the columns stand below each other, with the lines beside them. */
function placeNodes(columns, isPhone) {
  if (isPhone) columns = [columns.flat()];
  const gaps = columns.length - 1, leastGap = 56;
  nodeWidth = Math.max(132, Math.min(200, (mapWidth - 24 - gaps * leastGap) / columns.length - 16));
  const gap = gaps ? Math.max(leastGap, Math.min(260, (mapWidth - 24 - columns.length * (nodeWidth + 16)) / gaps)) : 0;
  const boxes = [];
  const heights = columns.map(column => {
    let y = 0, space;
    column.forEach((node, i) => {
      const own = node.party.space || '';
      if (i === 0 || own !== space) { y += (i ? 14 : 0) + (own ? 22 : 0); space = own; }
      node.y = y;
      y += nodeHeight + 10;
    });
    return y;
  });
  const height = Math.max(...heights);
  columns.forEach((column, c) => {
    const x = 12 + c * (nodeWidth + 16 + gap), down = (height - heights[c]) / 2 + 8;
    for (const node of column) { node.column = c; node.x = x; node.y += down; }
    column.forEach((node, i) => {
      const own = node.party.space || '', before = i ? column[i - 1].party.space || '' : null;
      if (own && own !== before) boxes.push({ name: own, x: x - 8, y: node.y - 22, bottom: 0 });
      if (own) boxes[boxes.length - 1].bottom = node.y + nodeHeight + 8;
    });
  });
  const width = 24 + columns.length * (nodeWidth + 16) + (columns.length - 1) * gap + (isPhone ? lineRoom : 0);
  return { boxes, width, height: height + 16 };
}

/** The line of a pair: its path, and the tip of its arrow. */
function lineOf({ from, to }) {
  const y1 = from.y + nodeHeight / 2, y2 = to.y + nodeHeight / 2, tip = 9;
  const arrow = (x, y, side) => `M${x},${y}l${side * tip},${-tip / 2}v${tip}z`;
  if (from === to) {
    const x = from.x + nodeWidth;
    return [`M${x},${y1 - 8}c34,-12 34,28 ${tip},16`, arrow(x, y1 + 8, 1)];
  }
  if (from.column === to.column) {
    const x = from.x + nodeWidth, far = 26 + Math.min(64, Math.abs(y2 - y1) / 5);
    return [`M${x},${y1}C${x + far},${y1} ${x + far},${y2} ${x + tip},${y2}`, arrow(x, y2, 1)];
  }
  const forward = to.column > from.column, side = forward ? -1 : 1;
  const x1 = forward ? from.x + nodeWidth : from.x, x2 = forward ? to.x : to.x + nodeWidth, bend = Math.max(40, Math.abs(x2 - x1) / 2);
  return [`M${x1},${y1}C${x1 - side * bend},${y1} ${x2 + side * (bend + tip)},${y2} ${x2 + side * tip},${y2}`, arrow(x2, y2, side)];
}

const tellPair = list => `${plural(sum(list, e => e.calls), 'connection')}, ${count(sum(list, e => e.failed))} failed, ${count(sum(list, resetsOf))} reset`;

function drawMap(select) {
  const map = mapOf(), place = document.getElementById('map');
  document.getElementById('map-note').textContent = map.hidden
    ? `The ${mostNodes - 1} busiest of ${count(map.nodes.length - 1 + map.hidden)} are shown; the others are one box.` : '';
  if (!map.nodes.length) { place.append(element('p', {}, 'No connections.')); return () => {}; }
  rank(map.nodes);
  const { boxes, width, height } = placeNodes(arrange(map.nodes), isNarrow(place));
  const svg = drawn('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': 'Map of connections' });
  for (const box of boxes) {
    svg.append(drawn('rect', { class: 'group', x: box.x, y: box.y, width: nodeWidth + 16, height: box.bottom - box.y, rx: 8 }),
      drawn('text', { class: 'soft', x: box.x + 8, y: box.y + 15 }, shortened(box.name, Math.floor(nodeWidth / 7))));
  }
  const pressable = (kind, label, to) => {
    const g = drawn('g', { class: kind, tabindex: 0, role: 'button', 'aria-pressed': 'false', 'aria-label': label }, drawn('title', {}, label));
    g.addEventListener('click', () => to && select(to));
    g.addEventListener('keydown', e => { if (to && (e.key === 'Enter' || e.key === ' ')) { e.preventDefault(); select(to); } });
    return g;
  };
  // The widest are drawn first, so that none lies hidden below another
  for (const pair of map.pairs.sort((a, b) => sum(b.edges, e => e.calls) - sum(a.edges, e => e.calls))) {
    const calls = sum(pair.edges, e => e.calls), failed = sum(pair.edges, e => e.failed), [path, tip] = lineOf(pair);
    const colour = failed ? failed * 10 >= calls ? 'many' : 'some' : sum(pair.edges, resetsOf) ? 'reset' : '';
    const ports = shortened([...new Set(pair.edges.map(e => e.port).filter(p => p))].join(', '), 40);
    const isWhole = pair.from.id >= 0 && pair.to.id >= 0;
    pair.g = pressable(`edge ${colour}`, `${pair.from.party.text} to ${pair.to.party.text}${ports ? `, port ${ports}` : ''}: ${tellPair(pair.edges)}`,
      isWhole && { from: pair.from.id, to: pair.to.id });
    pair.g.append(drawn('path', { class: 'line', d: path, 'stroke-width': Math.min(9, 1.2 + 1.7 * Math.log10(calls)).toFixed(1) }),
      drawn('path', { class: 'tip', d: tip }), drawn('path', { class: 'hit', d: path }));
    svg.append(pair.g);
  }
  for (const node of map.nodes) {
    const { party, x, y } = node, failed = node.edges.some(e => e.failed && e.to === node.id);
    node.g = pressable('node', `${party.text}: ${tellPair(node.edges)}`, node.id >= 0 && { node: node.id });
    node.g.append(drawn('rect', { x, y, width: nodeWidth, height: nodeHeight, rx: 6 }),
      drawn('rect', { class: `stripe ${failed ? 'bad' : ''}`, x: x + 4, y: y + 6, width: 3, height: nodeHeight - 12, rx: 1.5 }),
      drawn('text', { x: x + 13, y: y + 16 }, shortened(party.name, Math.floor((nodeWidth - 18) / 6.8))),
      drawn('text', { class: 'soft', x: x + 13, y: y + 30 }, shortened(`${party.kind} · ${tellShort(node)}`, Math.floor((nodeWidth - 16) / 5.6))));
    svg.append(node.g);
  }
  place.append(svg);
  return () => {
    for (const pair of map.pairs) mark(pair.g, pair.edges.some(isSelected), isPair(pair));
    for (const node of map.nodes) mark(node.g, node.edges.some(isSelected), selected?.node === node.id);
  };
}

const isPair = pair => !!selected && selected.node === undefined && pair.edges.some(isSelected);
const tellShort = node => {
  const called = sum(node.edges.filter(e => e.to === node.id), e => e.calls), calls = sum(node.edges.filter(e => e.from === node.id), e => e.calls);
  return [calls && `${count(calls)} out`, called && `${count(called)} in`].filter(t => t).join(', ') || count(sum(node.edges, e => e.calls));
};

function mark(g, isIn, isOn) {
  g.classList.toggle('dim', !isIn);
  g.classList.toggle('on', isOn);
  g.setAttribute('aria-pressed', String(isOn));
}
