import { describe, expect, it } from 'vitest';

import { showValue } from './show-value.ts';

describe('showValue', () => {
  it.for([
    ['correct-horse', 'co***', 'correct-horse'],
    ['short', '***', 'short'],
    ['', '***', ''],
    ['\u001B[2Jscreen\ngone', '·[***', '·[2Jscreen·gone'],
    ['x'.repeat(60), 'xx***', `${'x'.repeat(48)}…`],
    ['日本語日本語', '日本***', '日本語日本語'],
  ] as const)('%j is masked as %j and revealed as %j', ([text, masked, revealed]) => {
    expect(showValue(Buffer.from(text), false)).toBe(masked);
    expect(showValue(Buffer.from(text), true)).toBe(revealed);
  });

  it('shows no bytes that are no text', () => {
    expect(showValue(Buffer.from([0xff, 0x00, 0xfe]), true)).toBe('(binary)');
  });
});
