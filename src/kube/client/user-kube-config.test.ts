import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTemporaryDirectory, type TemporaryDirectory } from '../../../test/fakes/temporary-directory.ts';
import { currentNamespace, loadUserKubeConfig } from './user-kube-config.ts';

let home: TemporaryDirectory;

beforeEach(() => {
  home = createTemporaryDirectory();
});

afterEach(() => home[Symbol.dispose]());

interface Content {
  readonly server?: string;
  readonly namespace?: string;
  /** Of cluster, user and context. */
  readonly name?: string;
  readonly current?: string;
}

function write(file: string, { server = 'https://a', namespace, name = 'one', current }: Content = {}): string {
  const path = join(home.path, file);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: 's3cret' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': current,
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function missing(file: string): string {
  return join(home.path, file);
}

describe('the kubeconfig of a person', () => {
  it('is the file that was named, whatever there is besides', () => {
    const named = write('named', { server: 'https://named', current: 'one' });
    const other = write('other', { server: 'https://other', current: 'one' });

    const config = loadUserKubeConfig({ file: named, defaults: [other] });

    expect(config.getCurrentCluster()?.server).toBe('https://named');
  });

  it('is merged from files, of which the first that says something wins and missing ones do not count', () => {
    const defaults = [
      missing('none'),
      write('names-no-context', { server: 'https://first' }),
      write('second', { server: 'https://second', name: 'two', namespace: 'shop', current: 'two' }),
      write('third', { server: 'https://third', name: 'one', current: 'one' }),
    ];

    const config = loadUserKubeConfig({ file: undefined, defaults });

    expect(config.currentContext).toBe('two');
    expect(config.clusters.map(({ server }) => server)).toEqual(['https://first', 'https://second']);
    expect(currentNamespace(config)).toBe('shop');
  });

  it('means the namespace default where the context names none', () => {
    const defaults = [write('config', { current: 'one' })];

    expect(currentNamespace(loadUserKubeConfig({ file: undefined, defaults }))).toBe('default');
  });

  it.for<readonly [string, () => Parameters<typeof loadUserKubeConfig>[0], RegExp]>([
    [
      'is missing where it was named',
      () => ({ file: missing('x'), defaults: [write('config', { current: 'one' })] }),
      /^--kubeconfig .*x: the file does not exist$/,
    ],
    [
      'is nowhere',
      () => ({ file: undefined, defaults: [missing('a'), missing('b')] }),
      /^no kubeconfig is there \(.*a, .*b\); name one with --kubeconfig or KUBECONFIG$/,
    ],
    [
      'leaves open which cluster is meant',
      () => ({ file: undefined, defaults: [write('config')] }),
      /^kubeconfig .*config has no current context; set current-context$/,
    ],
  ])('is refused when it %s', ([, options, message]) => {
    expect(() => loadUserKubeConfig(options())).toThrow(message);
  });

  it('is refused without a word of its content when it is none', () => {
    const path = missing('broken');
    writeFileSync(path, 'token: {s3cret');

    expect(() => loadUserKubeConfig({ file: undefined, defaults: [path] })).toThrow(
      /^kubeconfig .*broken: the file is no kubeconfig$/,
    );
  });
});
