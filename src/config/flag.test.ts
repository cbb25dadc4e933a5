import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatProblem, type Parsed } from '../core/problem.ts';
import { type Environment, flagName, flagVariable, type Given, readFlags } from './flag.ts';
import { addresses, choice, choices, duration, hostPort, integer, list, pairs, text, toggle } from './flag-kinds.ts';

const group = 'Test';
const flags = {
  wait: { schema: duration(1), help: '', group, value: 'DURATION', fallback: '30s' },
  keep: { schema: duration(), help: '', group, value: 'DURATION', fallback: '0s' },
  maxThings: { schema: integer({ min: 1, max: 99 }), help: '', group, value: 'COUNT', fallback: '32' },
  takeover: { schema: toggle(), help: '', group },
  level: { schema: choice(['low', 'high']), help: '', group, value: 'LEVEL', fallback: 'low' },
  names: { schema: choices(['a', 'b']), help: '', group, value: 'LIST', fallback: 'a,b' },
  roots: { schema: list().optional(), help: '', group, value: 'LIST' },
  servers: { schema: addresses().optional(), help: '', group, value: 'LIST' },
  listen: { schema: hostPort(), help: '', group, value: 'HOST:PORT', fallback: ':8080' },
  keyFile: { schema: text().optional(), help: '', group, value: 'FILE' },
  pair: { schema: pairs(), help: '', group, value: 'KEY=FILE', repeats: true as const },
};
const required = { file: { schema: text(), help: '', group, value: 'FILE', short: 'f' } };

function read(given: Given, env: Environment = {}) {
  return readFlags(flags, given, env);
}

function problems(parsed: Parsed<unknown>): readonly string[] {
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('flags', () => {
  it('have the names of their keys', () => {
    expect(flagName('minRefreshInterval')).toBe('--min-refresh-interval');
    expect(flagVariable('minRefreshInterval')).toBe('LOCKSTEP_MIN_REFRESH_INTERVAL');
  });

  it('have their fallbacks when nobody says anything', () => {
    const parsed = read({});

    expect(parsed).toEqual({
      ok: true,
      value: {
        wait: 30_000,
        keep: 0,
        maxThings: 32,
        takeover: false,
        level: 'low',
        names: ['a', 'b'],
        roots: undefined,
        servers: undefined,
        listen: { host: '', port: 8080 },
        keyFile: undefined,
        pair: new Map(),
      },
    });
    expect(parsed.ok && Object.isFrozen(parsed.value)).toBe(true);
  });

  it('take the command line before the environment, and the environment before the fallback', () => {
    const env = { LOCKSTEP_WAIT: '2m', LOCKSTEP_LEVEL: 'high', LOCKSTEP_KEEP: '', LOCKSTEP_PAIR: 'a=/a,b=/b' };

    expect(read({ wait: '1h30m' }, env)).toMatchObject({
      ok: true,
      value: {
        wait: 5_400_000,
        level: 'high',
        keep: 0,
        pair: new Map([
          ['a', '/a'],
          ['b', '/b'],
        ]),
      },
    });
  });

  it.for([
    { given: { takeover: true as const }, env: {}, value: { takeover: true } },
    { given: {}, env: { LOCKSTEP_TAKEOVER: 'true' }, value: { takeover: true } },
    { given: {}, env: { LOCKSTEP_TAKEOVER: 'false' }, value: { takeover: false } },
    { given: { takeover: true as const }, env: { LOCKSTEP_TAKEOVER: '0' }, value: { takeover: true } },
    { given: { keep: '0' }, env: {}, value: { keep: 0 } },
    { given: { wait: '1.5s' }, env: {}, value: { wait: 1500 } },
    { given: { names: ' b , a,b,' }, env: {}, value: { names: ['b', 'a'] } },
    { given: { roots: '/a, /b' }, env: {}, value: { roots: ['/a', '/b'] } },
    { given: { roots: '' }, env: {}, value: { roots: [] } },
    {
      given: { servers: 'https://v:8200,unix:///run/v.sock' },
      env: {},
      value: { servers: ['https://v:8200', 'unix:///run/v.sock'] },
    },
    { given: { listen: 'off' }, env: {}, value: { listen: undefined } },
    { given: { listen: '' }, env: {}, value: { listen: undefined } },
    { given: { listen: '127.0.0.1:0' }, env: {}, value: { listen: { host: '127.0.0.1', port: 0 } } },
    { given: { listen: '[::1]:9090' }, env: {}, value: { listen: { host: '::1', port: 9090 } } },
    { given: { pair: ['token=/run/t=1'] }, env: {}, value: { pair: new Map([['token', '/run/t=1']]) } },
  ])('read $given with $env as $value', ({ given, env, value }) => {
    expect(read(given, env)).toMatchObject({ ok: true, value });
  });

  it.for<[Given, Environment, string]>([
    [{ wait: 'abc' }, {}, '--wait: "abc" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m'],
    [{ wait: '30' }, {}, '--wait: "30" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m'],
    [{ wait: '-1s' }, {}, '--wait: "-1s" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m'],
    [{ wait: '0s' }, {}, '--wait: "0s" must be at least 1ms; write it like 500ms, 30s, 5m or 1h30m'],
    [
      {},
      { LOCKSTEP_WAIT: 'x' },
      'LOCKSTEP_WAIT: "x" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m',
    ],
    [{ maxThings: '0' }, {}, '--max-things: "0" must be a whole number from 1 to 99'],
    [{ maxThings: '1e1' }, {}, '--max-things: "1e1" must be a whole number from 1 to 99'],
    [{ maxThings: '' }, {}, '--max-things: "" must be a whole number from 1 to 99'],
    [{}, { LOCKSTEP_TAKEOVER: 'yes' }, 'LOCKSTEP_TAKEOVER: "yes" must be true or false'],
    [{ level: 'loud' }, {}, '--level: "loud" must be one of: low, high'],
    [
      { names: 'a,c,__proto__' },
      {},
      '--names: "a,c,__proto__" names what is not there: c, __proto__; choose from: a, b',
    ],
    [{ names: ',' }, {}, '--names: "," names nothing; choose from: a, b'],
    [{ listen: '8080' }, {}, '--listen: "8080" must be HOST:PORT, :PORT, or off'],
    [{ listen: ':65536' }, {}, '--listen: ":65536" must be HOST:PORT, :PORT, or off'],
    [{ listen: '::1:80' }, {}, '--listen: "::1:80" must be HOST:PORT, :PORT, or off'],
    [{ keyFile: '' }, {}, '--key-file: "" must not be empty'],
    [{ pair: ['=x'] }, {}, '--pair: must be KEY=VALUE, not "=x"'],
    [{ pair: ['x='] }, {}, '--pair: must be KEY=VALUE, not "x="'],
  ])('refuse %j with %j', ([given, env, message]) => {
    expect(problems(read(given, env))).toEqual([message]);
  });

  it('report every mistake at once, wherever it stands', () => {
    expect(problems(read({ wait: 'x', maxThings: '-1' }, { LOCKSTEP_LEVEL: 'y' }))).toHaveLength(3);
  });

  it('say what is missing', () => {
    expect(problems(readFlags(required, {}, {}))).toEqual(['--file: is missing']);
  });

  it('never throw, whatever the text', () => {
    const raw = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1e999s', '٣s', '[::]:1', 'unix://', '\0'));
    fc.assert(
      fc.property(raw, fc.constantFrom(...Object.keys(flags)), (value, key) => {
        const given = { [key]: key === 'pair' ? [value] : value };
        const parsed = read(given);
        expect(parsed.ok || problems(parsed).every((problem) => problem.startsWith(flagName(key)))).toBe(true);
      }),
    );
  });
});
