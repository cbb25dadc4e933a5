import { describe, expect, it } from 'vitest';

import { SecretError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createLogger, type LoggerOptions } from './logger.ts';

const secret = SecretBytes.from('canary-5a17');

describe('createLogger', () => {
  it('writes one JSON object a line, with fields, level by name and time', () => {
    const { logger, lines } = capture({ format: 'json' });

    logger.info({ namespace: 'shop', count: 2 }, 'secret fetched');

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      namespace: 'shop',
      count: 2,
      msg: 'secret fetched',
    });
    expect(lines[0]?.endsWith('}\n')).toBe(true);
  });

  it('writes text for people', () => {
    const { logger, lines } = capture({ format: 'text' });

    logger.warn({ namespace: 'shop', count: 2, list: ['a'], path: '/v1/secret/data/db' }, 'secret not fetched');

    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d warn {2}secret not fetched namespace=shop count=2 list=\["a"\] path=\/v1\/secret\/data\/db\n$/,
    );
  });

  it.for([
    { name: 'a line break', value: 'x\n12:00:00 error forged', text: '"x\\n12:00:00 error forged"' },
    { name: 'a carriage return', value: 'x\rforged', text: '"x\\rforged"' },
    { name: 'a field of its own', value: 'x outcome=ok', text: '"x outcome=ok"' },
    { name: 'a quote', value: '"x', text: '"\\"x"' },
    { name: 'an escape sequence', value: '\u001b[2J', text: '"\\u001b[2J"' },
    { name: 'nothing', value: '', text: '""' },
  ])('lets no field of the text format pass for something else: $name', ({ value, text }) => {
    const { logger, lines } = capture({ format: 'text' });

    logger.info({ object: value }, 'secret fetched');

    expect(lines[0]?.slice(9)).toBe(`info  secret fetched object=${text}\n`);
  });

  it('writes what reaches its level only', () => {
    const { logger, lines } = capture({ format: 'json', level: 'warn' });

    logger.debug('no');
    logger.info('no');
    logger.warn('yes');
    logger.error('yes');

    expect(lines).toHaveLength(2);
  });

  const places: readonly { readonly name: string; readonly fields: object }[] = [
    { name: 'a field', fields: { secret } },
    { name: 'a nested field', fields: { plan: { caller: { token: secret } } } },
    { name: 'a list', fields: { secrets: [secret] } },
    { name: 'an error', fields: { err: Object.assign(new Error('failed'), { secret }) } },
    { name: 'a cause', fields: { err: new SecretError('INTERNAL', 'failed', { cause: { secret } }) } },
  ];

  it.for(
    places.flatMap((place) => [
      { ...place, format: 'json' as const },
      { ...place, format: 'text' as const },
    ]),
  )('never prints a secret in $name ($format)', ({ fields, format }) => {
    const { logger, lines } = capture({ format });

    logger.error(fields, 'failed');

    const raw = secret.reveal();
    const output = lines.join('');
    expect(output).toContain('failed');
    for (const form of [raw.toString(), raw.toString('base64'), raw.toString('hex'), [...raw].join(',')]) {
      expect(output).not.toContain(form);
    }
  });
});

function capture(options: Partial<LoggerOptions>) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line), ...options });
  return { logger, lines };
}
