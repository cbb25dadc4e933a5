import { expect, it } from 'vitest';

import { parseGoBool } from './parse-bool.ts';

it.for(['1', 't', 'T', 'TRUE', 'true', 'True'])('takes %j for true', (text) => {
  expect(parseGoBool(text)).toBe(true);
});

it.for(['0', 'f', 'F', 'FALSE', 'false', 'False'])('takes %j for false', (text) => {
  expect(parseGoBool(text)).toBe(false);
});

it.for(['', ' true', 'tRUE', 'yes', 'on', '2', '01', 'constructor', '__proto__'])('refuses %j', (text) => {
  expect(parseGoBool(text)).toBeUndefined();
});
