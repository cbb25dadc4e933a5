import { expect, it } from 'vitest';

import { alignColumns } from './columns.ts';

it('puts cells under their names, as wide as the widest', () => {
  const rows = [
    ['NAME', 'PODS'],
    ['web', '12'],
    ['a-long-one', '3'],
  ];
  expect(alignColumns(rows)).toBe('NAME         PODS\nweb          12\na-long-one   3\n');
});

it('lets no cell break a line or steer the terminal', () => {
  expect(alignColumns([['NAME'], ['a\u001B[2J\r\nb']])).toBe('NAME\na [2J b\n');
});
