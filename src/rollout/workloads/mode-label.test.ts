import { describe, expect, it } from 'vitest';

import { isFrozen, parseModeLabel } from './mode-label.ts';

describe('parseModeLabel', () => {
  it.for([
    ['off', 'Off'],
    ['Notify', 'Notify'],
    ['RESTART', 'Restart'],
    ['pin', 'Pin'],
  ])('reads %s in any case', ([text, value]) => {
    expect(parseModeLabel(text)).toEqual({ value });
  });

  it('takes what is none of them for off, and says so', () => {
    expect(parseModeLabel('pinn')).toEqual({
      value: 'Off',
      problem:
        'label lockstep.dev/rollout must be one of off, notify, restart, pin (did you mean pin?). Until then it counts as off',
    });
    expect(parseModeLabel('')).toMatchObject({ value: 'Off' });
    expect(parseModeLabel(undefined)).toEqual({ value: undefined });
  });
});

describe('isFrozen', () => {
  it.for(['true', 'True', '', 'yes', '1', 'on'])('holds for %j: who freezes is in a hurry', (text) => {
    expect(isFrozen({ 'lockstep.dev/freeze': text })).toBe(true);
  });

  it.for(['false', 'False', '0'])('does not hold for %j', (text) => {
    expect(isFrozen({ 'lockstep.dev/freeze': text })).toBe(false);
  });

  it('does not hold without the label', () => {
    expect(isFrozen({})).toBe(false);
    expect(isFrozen(undefined)).toBe(false);
  });
});
