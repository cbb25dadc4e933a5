import { describe, expect, it } from 'vitest';

import { catalogue, type ErrorCode, SecretError } from '../core/errors.ts';
import { toHarmless, toWireStatus } from './status.ts';

const harmful = { CANCELLED: 1, DEADLINE_EXCEEDED: 4, RESOURCE_EXHAUSTED: 8, ABORTED: 10, UNAVAILABLE: 14 };

describe('the status of an error', () => {
  it('is harmless for every code of the catalogue', () => {
    // The keys of the catalogue are its codes.
    const codes = Object.keys(catalogue) as ErrorCode[];
    const statuses = codes.map((code) => toWireStatus(new SecretError(code, 'why')).code);

    expect(statuses.filter((status) => Object.values(harmful).includes(status))).toEqual([]);
    expect(statuses.every((status) => status > 0)).toBe(true);
  });

  it('says the code and the message, within 1 KiB', () => {
    expect(toWireStatus(new SecretError('VAULT_DENIED', 'no')).details).toBe('VAULT_DENIED: no');
    expect(Buffer.byteLength(toWireStatus(new SecretError('VAULT_DENIED', 'x'.repeat(2000))).details)).toBe(1024);
  });

  it('can be sent whatever the message is', () => {
    const { details } = toWireStatus(new SecretError('VAULT_DENIED', '\ud800 \udc00 \0 \n %zz'));

    expect(decodeURI(encodeURI(details))).toBe('VAULT_DENIED: \ufffd \ufffd \0 \n %zz');
  });
});

describe('what a library wants to send', () => {
  const instead = (code: number): SecretError => new SecretError('INTERNAL', `was ${code}`);

  it.for(Object.entries(harmful))('is replaced when it is %s', ([, code]) => {
    const headers = { ':status': 200, 'grpc-status': code, 'grpc-message': 'x' };

    expect(toHarmless(headers, instead)).toEqual({
      ':status': 200,
      'grpc-status': 13,
      'grpc-message': `INTERNAL:%20was%20${code}`,
    });
  });

  it.for([{ 'grpc-status': 0 }, { 'grpc-status': 12 }, { 'grpc-status': '5' }, { ':status': 415 }])(
    'passes as %j',
    (headers) => {
      expect(toHarmless(headers, instead)).toBe(headers);
    },
  );
});
