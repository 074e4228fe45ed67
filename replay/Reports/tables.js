'use strict';
// The tables: each sorts by a click on its heading, and shows what is selected and what the search finds.

const fewRows = 50;
const nameOf = id => parties[id].text;
const tellErrors = errors => Object.entries(errors).map(([name, n]) => `${name} ${count(n)}`).join(', ');
const tellExample = e => `${e.conn} ${[e.comm && `${e.comm}[${e.pid || '?'}]`, e.node].filter(t => t).join(' on ')}`;
const ends = [
  { name: 'from', of: r => nameOf(r.edge.from), kind: 'name' },
  { name: 'to', of: r => r.edge.sumOf ? `${nameOf(r.edge.to)}: ${count(r.edge.sumOf)} more pairs` : nameOf(r.edge.to), kind: 'name' },
  { name: 'port', of: r => r.edge.port, show: r => r.edge.port || '', kind: 'number' },
];
const number = (name, of, show = count, kind = '') => ({ name, of, show: r => of(r) ? show(of(r)) : '', kind: `number ${kind}` });

const tables = [
  {
    id: 'edges', title: 'Connections', sort: [3, -1], rows: () => selectedEdges().map(edge => ({ edge })),
    hint: 'Who called whom, at which port. Accept: how long a connection waited for accept(). A click on a row selects it.',
    columns: [...ends,
      number('connections', r => r.edge.calls), number('failed', r => r.edge.failed, count, 'bad'), number('reset', r => resetsOf(r.edge), count, 'warn'),
      number('open', r => r.edge.open), number('connect p50', r => r.edge.p50, length), number('p99', r => r.edge.p99, length),
      number('accept p99', r => r.edge.queue99, length),
      number('sent', r => r.edge.there, bytes), number('received', r => r.edge.back, bytes), number('resent', r => r.edge.retransmits),
      { name: 'answered by', of: r => Object.keys(r.edge.reached).join(', '), kind: 'name' }],
  },
  {
    id: 'failures', title: 'Failures', sort: [3, -1], rows: () => selectedEdges().filter(e => e.failed).map(edge => ({ edge })),
    hint: 'Connections that never came to be. `tcptracer show TRACE -F \'conn == ID\'` prints the events of an example.',
    columns: [...ends, number('failed', r => r.edge.failed, count, 'bad'),
      { name: 'of all', of: r => r.edge.failed / r.edge.calls, show: r => share(r.edge.failed, r.edge.calls), kind: 'number' },
      { name: 'why', of: r => tellErrors(r.edge.errors), kind: 'wrap' },
      { name: 'first failed', of: r => r.edge.firstFailed, show: r => moment(r.edge.firstFailed) },
      { name: 'last failed', of: r => r.edge.lastFailed, show: r => moment(r.edge.lastFailed) },
      { name: 'examples', of: r => r.edge.failures.map(tellExample).join('; '), kind: 'code' }],
  },
  {
    id: 'resets', title: 'Resets', sort: [3, -1], rows: () => selectedEdges().filter(resetsOf).map(edge => ({ edge })),
    hint: 'Connections that did not end in an orderly way. Otherwise: a time-out, a killed socket, or a reset of which nobody knows who sent it.',
    columns: [...ends, number('all', r => resetsOf(r.edge), count, 'warn'), number('by the caller', r => r.edge.resetByCaller),
      number('by the other end', r => r.edge.resetByCalled), number('otherwise', r => r.edge.broken)],
  },
  {
    id: 'slow', title: 'Slowest connects', sort: [3, -1],
    rows: () => (data.slow).map(s => ({ ...s, edge: edges[s.edge] })).filter(r => isSelected(r.edge)),
    hint: 'The connects that took longest, up to 200 of all.',
    columns: [...ends, number('connect', r => r.latency || 0, length), number('lasted', r => r.duration || 0, length),
      { name: 'ended', of: r => r.state }, { name: 'began', of: r => r.where.start, show: r => moment(r.where.start) },
      { name: 'connection', of: r => tellExample(r.where), kind: 'code' }],
  },
  {
    id: 'parties', title: 'Who takes part', sort: [2, -1], rows: partyRows, hint: 'Processes, workloads, services and addresses. A click on a row selects it.',
    columns: [{ name: 'name', of: r => nameOf(r.id), kind: 'name' }, { name: 'kind', of: r => parties[r.id].kind },
      number('calls', r => r.calls), number('of these failed', r => r.failed, count, 'bad'),
      number('called', r => r.called), number('of these failed', r => r.calledFailed, count, 'bad'),
      number('sent', r => r.sent, bytes), number('received', r => r.received, bytes)],
  },
];

function partyRows() {
  const rows = new Map(), row = id => rows.get(id) || rows.set(id, { id, calls: 0, failed: 0, called: 0, calledFailed: 0, sent: 0, received: 0 }).get(id);
  for (const e of selectedEdges()) {
    const from = row(e.from), to = row(e.to);
    from.calls += e.calls; from.failed += e.failed; from.sent += e.there; from.received += e.back;
    to.called += e.calls; to.calledFailed += e.failed; to.sent += e.back; to.received += e.there;
  }
  return [...rows.values()];
}

const shownText = (column, row) => String(column.show ? column.show(row) : column.of(row));

function makeTable(table, select) {
  const head = element('tr', {}), body = element('tbody', {}), told = element('span', { class: 'hint' });
  const more = element('button', { type: 'button', class: 'more' });
  table.columns.forEach((column, i) => {
    const button = element('button', { type: 'button' }, column.name), cell = element('th', { scope: 'col', class: column.kind || '' }, button);
    button.addEventListener('click', () => {
      table.sort = [i, table.sort[0] === i ? -table.sort[1] : (column.kind || '').startsWith('number') ? -1 : 1];
      table.fill();
    });
    head.append(cell);
  });
  more.addEventListener('click', () => { table.isWhole = true; table.fill(); });
  table.section = element('section', { id: table.id, 'aria-labelledby': `h-${table.id}`, tabindex: -1 },
    element('h2', { id: `h-${table.id}` }, `${table.title} `, told), element('p', { class: 'hint' }, table.hint),
    element('div', { class: 'scroll' }, element('table', {}, element('thead', {}, head), body)), more);
  document.getElementById('tables').append(table.section);

  table.fill = () => {
    const [by, direction] = table.sort, of = table.columns[by].of, words = document.getElementById('search').value.toLowerCase();
    const all = table.rows();
    const found = words ? all.filter(r => table.columns.some(c => shownText(c, r).toLowerCase().includes(words))) : all;
    found.sort((a, b) => { const x = of(a), y = of(b); return (x < y ? -1 : x > y ? 1 : 0) * direction; });
    const shown = table.isWhole ? found : found.slice(0, fewRows);
    body.replaceChildren(...shown.map(r => rowOf(table, r, select)));
    if (!found.length) body.append(element('tr', {}, element('td', { colspan: table.columns.length }, words && all.length ? `Nothing here has "${words}".` : 'None.')));
    told.textContent = found.length === all.length ? count(all.length) : `${count(found.length)} of ${count(all.length)}`;
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${count(found.length)} rows`;
    [...head.children].forEach((cell, i) => {
      if (i === by) cell.setAttribute('aria-sort', direction < 0 ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    });
  };
}

/** A long name may be broken behind a slash. */
function pieces(column, row) {
  const text = shownText(column, row);
  return column.kind === 'name' ? text.split(/(?<=\/)/).flatMap(part => [part, element('wbr')]) : [text];
}

function rowOf(table, row, select) {
  const to = row.id !== undefined ? { node: row.id } : { edge: row.edge.index };
  const tr = element('tr', { class: 'pick', tabindex: 0 }, ...table.columns.map(column =>
    element('td', { class: column.kind || '' }, ...pieces(column, row))));
  tr.addEventListener('click', () => { if (!String(getSelection())) select(to); });
  tr.addEventListener('keydown', e => { if (e.key === 'Enter') select(to); });
  return tr;
}
