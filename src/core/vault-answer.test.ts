import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JsonNumber } from './go-json.ts';
import { formatProblem } from './problem.ts';
import { answerFingerprint, marshalVaultAnswer, parseVaultAnswer, type VaultAnswer } from './vault-answer.ts';

const envelope = '"request_id":"","lease_id":"","lease_duration":0,"renewable":false';

describe('parseVaultAnswer', () => {
  it('reads the members of a leased answer', () => {
    const answer = parse(
      '{"request_id":"r","lease_id":"db/creds/x/1","lease_duration":3600,"renewable":true,"data":{"n":1.0},"warnings":["w"],"mount_type":"database"}',
    );

    expect(answer).toMatchObject({
      requestId: 'r',
      leaseId: 'db/creds/x/1',
      leaseDurationS: 3600,
      renewable: true,
      data: new Map([['n', new JsonNumber('1.0')]]),
      warnings: ['w'],
      mountType: 'database',
      auth: null,
      errors: null,
    });
  });

  it('reads a login', () => {
    const { auth, data } = parse(
      '{"auth":{"client_token":"hvs.x","policies":["default"],"metadata":{"service_account_name":"web","role":null},"lease_duration":1200,"renewable":true,"num_uses":5,"mfa_requirement":null},"data":null}',
    );

    expect(data).toBeNull();
    expect(auth?.clientToken.reveal().toString()).toBe('hvs.x');
    expect(auth).toMatchObject({
      policies: ['default'],
      tokenPolicies: null,
      metadata: new Map([
        ['service_account_name', 'web'],
        ['role', ''],
      ]),
      leaseDurationS: 1200,
      renewable: true,
      numUses: 5,
    });
    expect(JSON.stringify(auth)).not.toContain('hvs.x');
  });

  it.for([
    ['', null],
    ['null', null],
    ['{}', null],
    ['{"data":null,"errors":null}', null],
    ['{"warnings":[]}', null],
    ['{"request_id":"r"}', null],
    ['{"errors":[]}', []],
    ['{"errors":["strange","things"]}', ['strange', 'things']],
    ['{"errors":["strange"],"other":1}', ['strange']],
  ] as const)('finds no data in %s', ([text, errors]) => {
    expect(parse(text)).toMatchObject({ data: null, errors });
  });

  it('takes a body without any known member for data as a whole', () => {
    expect(marshalVaultAnswer(parse('{"keys":[{"kid":"1"}],"b":1}'))).toBe(
      `{${envelope},"data":{"b":1,"keys":[{"kid":"1"}]},"warnings":null}`,
    );
    // Parity: nothing but zero values is no known member either.
    expect(parse('{"data":null}').data).toEqual(new Map([['data', null]]));
  });

  it.for([
    ['hello', 'answer: JSON has an unexpected character at position 0'],
    [' ', 'answer: JSON ends too early'],
    ['{"data":{"k":', 'answer: JSON ends too early'],
    ['[]', 'answer: must be an object, not a list'],
    ['"secret"', 'answer: must be an object, not a string'],
    ['7', 'answer: must be an object, not a whole number'],
    ['true', 'answer: must be an object, not a boolean'],
    ['{"data":["a"]}', 'data: must be an object, not a list'],
    ['{"data":"a"}', 'data: must be an object, not a string'],
    ['{"data":{},"lease_duration":"1h"}', 'lease_duration: must be a whole number, not a string'],
    ['{"data":{},"lease_duration":1.5}', 'lease_duration: must be a whole number, not a number'],
    ['{"data":{},"lease_duration":1e3}', 'lease_duration: must be a whole number, not a number'],
    ['{"data":{},"lease_duration":9007199254740993}', 'lease_duration: must be a whole number'],
    ['{"data":{},"renewable":"true"}', 'renewable: must be a boolean, not a string'],
    ['{"data":{},"request_id":1}', 'request_id: must be a string, not a whole number'],
    ['{"data":{},"warnings":"w"}', 'warnings: must be a list, not a string'],
    ['{"data":{},"warnings":["w",{}]}', 'warnings[1]: must be a string, not an object'],
    ['{"auth":[]}', 'auth: must be an object, not a list'],
    ['{"auth":{"client_token":{}}}', 'auth.client_token: must be a string, not an object'],
    ['{"auth":{"metadata":{"role":1}}}', 'auth.metadata.role: must be a string, not a whole number'],
    ['{"wrap_info":{"creation_time":"yesterday"}}', 'wrap_info.creation_time: must be a time as in RFC 3339'],
  ] as const)('refuses %s', ([text, problem]) => {
    const parsed = parseVaultAnswer(text);

    expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([expect.stringContaining(problem)]);
    expect(parsed.ok ? [] : parsed.problems.map(({ code }) => code)).toEqual(['VAULT_ANSWER_INVALID']);
  });

  it('names every member of a wrong type, and no value', () => {
    const parsed = parseVaultAnswer('{"data":"hunter2","auth":{"client_token":7,"renewable":"hunter2"}}');

    const problems = parsed.ok ? [] : parsed.problems.map(formatProblem);
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('never throws, whatever comes', () => {
    const member = fc.constantFrom('data', 'DATA', 'auth', 'errors', 'warnings', 'lease_duration', 'wrap_info', 'x');
    const body = fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(body, fc.json(), fc.string()), (text) => {
        const parsed = parseVaultAnswer(text);

        expect(parsed.ok ? marshalVaultAnswer(parsed.value) : parsed.problems).not.toHaveLength(0);
      }),
    );
  });
});

describe('marshalVaultAnswer', () => {
  it.for([
    ['{"data":{}}', `{${envelope},"data":{},"warnings":null}`],
    ['{"data":{},"warnings":[]}', `{${envelope},"data":{},"warnings":[]}`],
    ['{"data":{},"Mount_Type":"kv","extra":1}', `{${envelope},"data":{},"warnings":null,"mount_type":"kv"}`],
    [
      '{"data":{},"auth":{"client_token":"<t>","metadata":{"z":"1","a":"2"},"num_uses":3}}',
      `{${envelope},"data":{},"warnings":null,"auth":{"client_token":"\\u003ct\\u003e","accessor":"","policies":null,"token_policies":null,"identity_policies":null,"metadata":{"a":"2","z":"1"},"orphan":false,"entity_id":"","lease_duration":0,"renewable":false,"mfa_requirement":null}}`,
    ],
    [
      '{"data":{},"auth":{"mfa_requirement":{"mfa_request_id":"m","mfa_constraints":{"c":{"any":[{"type":"totp","id":"i","uses_passcode":true},null]},"d":null,"e":{"any":[]}}}}}',
      `{${envelope},"data":{},"warnings":null,"auth":{"client_token":"","accessor":"","policies":null,"token_policies":null,"identity_policies":null,"metadata":null,"orphan":false,"entity_id":"","lease_duration":0,"renewable":false,"mfa_requirement":{"mfa_request_id":"m","mfa_constraints":{"c":{"any":[{"type":"totp","id":"i","uses_passcode":true},null]},"d":null,"e":{}}}}}`,
    ],
    [
      '{"data":{},"auth":{"mfa_requirement":{"mfa_constraints":{}}}}',
      `{${envelope},"data":{},"warnings":null,"auth":{"client_token":"","accessor":"","policies":null,"token_policies":null,"identity_policies":null,"metadata":null,"orphan":false,"entity_id":"","lease_duration":0,"renewable":false,"mfa_requirement":{}}}`,
    ],
    [
      '{"data":{},"wrap_info":{"creation_time":"2024-01-02T03:04:05.6700+00:00"}}',
      `{${envelope},"data":{},"warnings":null,"wrap_info":{"token":"","accessor":"","ttl":0,"creation_time":"2024-01-02T03:04:05.67Z","creation_path":"","wrapped_accessor":""}}`,
    ],
    [
      '{"data":{},"wrap_info":{"ttl":60,"creation_time":null}}',
      `{${envelope},"data":{},"warnings":null,"wrap_info":{"token":"","accessor":"","ttl":60,"creation_time":"0001-01-01T00:00:00Z","creation_path":"","wrapped_accessor":""}}`,
    ],
  ] as const)('writes %s as the official provider', ([text, json]) => {
    expect(marshalVaultAnswer(parse(text))).toBe(json);
  });

  it('writes what parseVaultAnswer reads back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const once = marshalVaultAnswer(parse(JSON.stringify({ data })));

        expect(marshalVaultAnswer(parse(once))).toBe(once);
      }),
    );
  });
});

describe('answerFingerprint', () => {
  const base = '{"request_id":"1","lease_id":"l","lease_duration":60,"data":{"a":"1","b":"2"},"warnings":["w"]}';

  it('ignores the request id and the order of members', () => {
    const other = '{"data":{"b":"2","a":"1"},"warnings":["w"],"lease_duration":60,"lease_id":"l","request_id":"2"}';

    expect(answerFingerprint(parse(other))).toBe(answerFingerprint(parse(base)));
  });

  it.for([
    ['"a":"1"', '"a":"3"'],
    ['"lease_id":"l"', '"lease_id":"m"'],
    ['"lease_duration":60', '"lease_duration":61'],
    ['["w"]', '["x"]'],
    ['"a":"1"', '"a":1'],
  ] as const)('differs when %s becomes %s', ([from, to]) => {
    expect(answerFingerprint(parse(base.replace(from, to)))).not.toBe(answerFingerprint(parse(base)));
  });
});

function parse(text: string): VaultAnswer {
  const parsed = parseVaultAnswer(text);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join());
  return parsed.value;
}
