import { spread } from './rows.mjs';

/** @typedef {import('./rows.mjs').Row} Row */

const HEAD = ['row', 'baseline', 'measured', 'quarters', 'to reach', '', 'others'];

/**
 * Aligned text. `others`: cores that other programs used meanwhile; above some tenths, times of short waits are too
 * high.
 * @param {readonly Row[]} rows
 */
export function table(rows) {
  const lines = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const numeric = new Set([2, 3, 4, 6]);
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * The same as a table in Markdown.
 * @param {readonly Row[]} rows
 */
export function markdown(rows) {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)];
  return lines.map((line) => `| ${line.map((cell) => cell.replace('<=', '≤')).join(' | ')} |`).join('\n');
}

/**
 * @param {Row} row
 * @returns {string[]}
 */
function cells(row) {
  const limit = `<= ${shown(row.limit, row)}`;
  if (row.values.length === 0) return [row.what, row.against, '-', '', limit, row.note ?? 'not measured', ''];
  const { low, median, high } = spread(row.values);
  const others = row.others === null ? '' : row.others.toFixed(1);
  const quarters = row.values.length === 1 ? '' : `${shown(low, row)} to ${shown(high, row)}`;
  return [row.what, row.against, shown(median, row), quarters, limit, met(row) ? 'met' : 'not met', others];
}

/** @param {Row} row */
export function met(row) {
  return row.values.length > 0 && spread(row.values).median <= row.limit;
}

/**
 * @param {number} value
 * @param {Pick<Row, 'unit'>} row
 */
export function shown(value, { unit }) {
  switch (unit) {
    case 'times':
      return value.toFixed(2);
    case 'percent':
      return `${value.toFixed(2)} %`;
    case 'MiB':
    case 'ms':
      return `${value.toFixed(1)} ${unit}`;
    case 's':
      return `${value.toFixed(2)} s`;
    case 'tokens':
    case 'count':
      return value.toFixed(0);
  }
}
