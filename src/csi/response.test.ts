import { describe, expect, it } from 'vitest';

import { maxReplyBytes } from '../core/limits.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { MountResponse } from '../gen/v1alpha1/service.ts';
import { encodeEmptyReply, encodeReply } from './response.ts';

describe('a reply', () => {
  it('carries bytes, modes and versions', () => {
    const bytes = encodeReply([object('a', { mode: 0, contents: Buffer.from([0, 255, 10]) })], 0o644);

    expect(MountResponse.decode(bytes)).toEqual({
      error: undefined,
      objectVersion: [{ id: 'a', version: 'v' }],
      files: [{ path: 'a', mode: 0, contents: Buffer.from([0, 255, 10]) }],
    });
  });

  it('names the version of every file, also when objects share a name', () => {
    const objects = [object('a', { path: 'x' }), object('a', { path: 'y' }), object('b', {})];

    expect(MountResponse.decode(encodeReply(objects, 0)).objectVersion.map(({ id }) => id)).toEqual(['a', 'y', 'b']);
  });

  it('is an empty file when there is no object', () => {
    expect(MountResponse.decode(encodeReply([], 0o600))).toMatchObject({
      objectVersion: [{ id: '.lockstep', version: 'empty' }],
      files: [{ path: '.lockstep', mode: 0o600, contents: Buffer.alloc(0) }],
    });
  });

  it('to a class without objects is one version and no file', () => {
    expect(MountResponse.decode(encodeEmptyReply())).toEqual({
      error: undefined,
      objectVersion: [{ id: '.lockstep', version: 'empty' }],
      files: [],
    });
  });

  it('may fill its bound and not exceed it', () => {
    const framing = 64;

    expect(encodeReply([object('a', { contents: Buffer.alloc(maxReplyBytes - framing) })], 0).byteLength).toBeLessThan(
      maxReplyBytes,
    );
    expect(() => encodeReply([object('a', { contents: Buffer.alloc(maxReplyBytes) })], 0)).toThrow(
      expect.objectContaining({ code: 'REPLY_TOO_LARGE' }),
    );
  });

  it('is refused when many small objects exceed the bound by their names alone', () => {
    const objects = Array.from({ length: 10_000 }, (_, index) => object(`${'n'.repeat(250)}${index}`, {}));

    expect(() => encodeReply(objects, 0)).toThrow(expect.objectContaining({ code: 'REPLY_TOO_LARGE' }));
  });

  it('names the biggest objects when it is refused', () => {
    const sizes = { small: 10, big: 3_000_000, bigger: 4_000_000, medium: 1000 };
    const objects = Object.entries(sizes).map(([name, size]) => object(name, { contents: Buffer.alloc(size) }));

    expect(() => encodeReply(objects, 0)).toThrow(
      'the biggest are "bigger" (4000000 bytes), "big" (3000000 bytes), "medium" (1000 bytes)',
    );
  });
});

function object(name: string, given: { path?: string; mode?: number; contents?: Buffer }): ResolvedObject {
  const { path = name, mode = 0o644, contents = Buffer.from('x') } = given;
  return { name, path, mode, version: 'v', contents: SecretBytes.from(contents) };
}
