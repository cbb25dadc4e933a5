import { readFile } from 'node:fs/promises';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseDevSecrets } from './dev-secrets.ts';

describe('parseDevSecrets', () => {
  it('reads all sections', () => {
    const text = `
secret: { shop/db: { password: correct, ports: [1, 2] } }
kv: { legacy: { token: t } }
database: { reader: { ttlSeconds: 60, maxTtlSeconds: 180 } }
secretsmanager: { shop/db: { password: correct }, plain: text }
ssmparameter: { /shop/level: info }
`;

    expect(parseDevSecrets(text)).toEqual({
      ok: true,
      value: {
        secret: new Map([['shop/db', { password: 'correct', ports: [1, 2] }]]),
        kv: new Map([['legacy', { token: 't' }]]),
        database: new Map([['reader', { ttlSeconds: 60, maxTtlSeconds: 180 }]]),
        secretsmanager: new Map<string, unknown>([
          ['shop/db', { password: 'correct' }],
          ['plain', 'text'],
        ]),
        ssmparameter: new Map([['/shop/level', 'info']]),
      },
    });
  });

  it('takes missing and empty sections for empty ones', () => {
    const parsed = parseDevSecrets('secret:\nkv: {}\n');

    const none = new Map();
    const value = { secret: none, kv: none, database: none, secretsmanager: none, ssmparameter: none };
    expect(parsed).toEqual({ ok: true, value });
  });

  it('reads the file of the examples', async () => {
    const parsed = parseDevSecrets(await readFile('deploy/examples/secrets.yaml', 'utf8'));

    expect(parsed.ok && [...parsed.value.secret.keys()]).toContain('shop/database');
    expect(parsed.ok && [...parsed.value.secretsmanager.keys()]).toContain('shop/payments');
  });

  it.for([
    ['an empty file', '', 'secrets file'],
    ['a list', '- a', 'secrets file'],
    ['an unknown section', 'secrets: {}', 'secrets file'],
    ['a secret that is a plain value', 'secret: { shop: hunter2-hunter2 }', 'secret.shop'],
    ['a role without times', 'database: { reader: {} }', 'database.reader.ttlSeconds'],
    ['a role that outlives itself', 'database: { reader: { ttlSeconds: 9, maxTtlSeconds: 3 } }', 'database.reader'],
    ['a list at AWS', 'secretsmanager: { shop: [hunter2] }', 'secretsmanager.shop'],
    ['a parameter that is a number', 'ssmparameter: { /shop/max: 25 }', 'ssmparameter./shop/max'],
    ['an alias without an anchor', 'secret: *nowhere', 'secrets file'],
  ] as const)('refuses %s and says where', ([, text, path]) => {
    const parsed = parseDevSecrets(text);

    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.path)).toContain(path);
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  it('names the line of a mistake in the YAML and not what stands there', () => {
    const parsed = parseDevSecrets('secret:\n  shop: { password: hunter2-hunter2\n');

    expect(parsed.ok ? undefined : parsed.problems[0]?.line).toBe(3);
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseDevSecrets(text)).toHaveProperty('ok');
      }),
    );
  });
});
