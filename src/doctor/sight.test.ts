import { expect, it } from 'vitest';

import { SecretError } from '../core/errors.ts';
import { diagnose, object } from '../../test/fakes/doctor-world.ts';
import { Sight } from './sight.ts';

it('what may not be listed is named with the right that is missing, and the rest is looked at', async () => {
  const forbidden = ['secrets', 'externalsecrets', 'daemonsets'];
  const findings = await diagnose({ secretproviderclasssyncs: [object('a')] }, { forbidden, namespace: 'shop' });

  expect(findings.map(({ id }) => id)).toContain('controller-absent');
  const gaps = findings.filter(({ id }) => id === 'not-looked').map(({ remedy }) => remedy);
  expect(gaps).toEqual([
    'run it as somebody who may list externalsecrets.external-secrets.io in namespace shop',
    'run it as somebody who may list secrets in namespace shop',
    'run it as somebody who may list daemonsets.apps in all namespaces',
  ]);
});

it('a namespace limits what teams have, and not the infrastructure', async () => {
  const elsewhere = { metadata: { namespace: 'elsewhere' } };
  const syncs = { secretproviderclasssyncs: [object('a', {}, elsewhere)] };

  expect((await diagnose(syncs, { namespace: 'shop' })).map(({ id }) => id)).toEqual([]);
  expect((await diagnose(syncs)).map(({ id }) => id)).toEqual(['controller-absent']);
});

it('an API server that cannot be asked is an error and no finding', async () => {
  const error = new SecretError('KUBE_UNREACHABLE', 'no connection');
  const client = { list: () => Promise.reject(error) };

  await expect(Sight.look({ client, namespace: undefined, signal: AbortSignal.timeout(1000) })).rejects.toBe(error);
});
