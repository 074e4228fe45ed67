'use strict';
// Puts the page together, and keeps all of it at what is selected.

const byId = id => document.getElementById(id);
let markMap = () => {};

function fillFacts(list, facts) {
  for (const fact of facts) list.append(element('dt', {}, fact.name), element('dd', {}, fact.value));
}

/** The text above: what the page shows. */
function tellSelected() {
  if (!selected) return 'All connections';
  if (selected.node !== undefined) return `Only with ${nameOf(selected.node)}`;
  const edge = selected.edge === undefined ? selected : edges[selected.edge];
  return `Only ${nameOf(edge.from)} \u2192 ${nameOf(edge.to)}${edge.port ? `, port ${edge.port}` : ''}`;
}

function fillTiles() {
  const list = selectedEdges(), calls = sum(list, e => e.calls), failed = sum(list, e => e.failed), resets = sum(list, resetsOf);
  const bins = new Map();
  for (const edge of list) for (const cell of edge.cells) addBins(bins, cell.bins);
  const [p50, p99] = list.length === 1 ? [list[0].p50 || null, list[0].p99 || null] : [percentile(bins, .5), percentile(bins, .99)];
  const tile = (value, words, kind = '') => element('div', { class: `tile ${kind}` }, element('b', {}, value), element('span', {}, words));
  byId('tiles').replaceChildren(
    tile(count(calls), calls === 1 ? 'connection' : 'connections'),
    tile(count(failed), failed ? `failed: ${share(failed, calls)}` : 'failed', failed ? 'bad' : ''),
    tile(count(resets), 'reset, broken off', resets ? 'warn' : ''),
    tile(count(sum(list, e => e.open)), 'open at the end'),
    tile(p50 === null ? '-' : length(p50), 'to connect, median'),
    tile(p99 === null ? '-' : length(p99), 'to connect, 99 %'),
    tile(bytes(sum(list, e => e.there + e.back)), 'sent and received'));
}

function refresh() {
  byId('filter').textContent = tellSelected();
  byId('clear').hidden = !selected && !byId('search').value;
  fillTiles();
  markMap();
  drawTimeline();
  tables.forEach(table => table.fill());
}

/** Selects something; the same once more selects everything again. */
function select(what) {
  selected = what && JSON.stringify(what) !== JSON.stringify(selected) ? what : null;
  refresh();
}

function clear() {
  byId('search').value = '';
  select(null);
}

byId('title').textContent = data.title;
fillFacts(byId('facts'), data.facts.filter(f => !f.isDetail));
fillFacts(byId('details'), data.facts.filter(f => f.isDetail));
for (const notice of data.notices) byId('notices').append(element('li', {}, notice));
if (!data.notices.length) byId('notices').append(element('li', { class: 'fine' }, 'Nothing was lost, and nothing is left out.'));
byId('clear').addEventListener('click', clear);
byId('search').addEventListener('input', refresh);
document.addEventListener('keydown', e => { if (e.key === 'Escape') clear(); });
byId('page').hidden = false; // before it is drawn: the map and the timeline ask how wide it is
tables.forEach(table => makeTable(table, select));
markMap = drawMap(select);
refresh();
