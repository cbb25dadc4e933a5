import { describe, expect, it } from 'vitest';

import { formatProblem, problemsError } from './problem.ts';

describe('formatProblem', () => {
  it('names the place, and the line where it is known', () => {
    expect(formatProblem({ path: 'parameters.roleName', message: 'is missing' })).toBe(
      'parameters.roleName: is missing',
    );
    expect(formatProblem({ path: 'objects', line: 3, message: 'is no list' })).toBe('objects line 3: is no list');
  });
});

describe('problemsError', () => {
  it('names every problem', () => {
    const error = problemsError([
      { path: 'a', message: 'is missing' },
      { path: 'b', message: 'is empty' },
    ]);

    expect(error.message).toBe('a: is missing; b: is empty');
    expect(error.code).toBe('MANIFEST_INVALID');
  });

  it('has the first code that says more than invalid', () => {
    const error = problemsError([
      { path: 'a', message: 'is missing' },
      { path: 'b', message: 'is outside', code: 'ADDRESS_FORBIDDEN' },
      { path: 'c', message: 'is outside', code: 'PATH_FORBIDDEN' },
    ]);

    expect(error.code).toBe('ADDRESS_FORBIDDEN');
  });
});
