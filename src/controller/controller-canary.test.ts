import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { canaryForms } from '../../test/fakes/canary.ts';
import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { refuseKube } from '../../test/fakes/kube-replies.ts';
import { secretOf, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { apiVersionOf, resources } from '../kube/objects.ts';

const marker = 'canary <7&"é> b3f1a9';
const foreign = 'canary-of-somebody-else-41c2';
const credential = 'canary-of-the-login-9e0d';

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  under = await ControllerUnderTest.start({ perObjectMetrics: true });
  ({ world } = under);
  world.putSecret('approle', { secretid: credential });
  world.values.set('db', marker);
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
});

/** Everything that the controller told anybody, but for the data of Secrets. */
async function everythingTold(): Promise<string> {
  const { kube } = world;
  const objects = [resources.events, resources.syncs, resources.classes].flatMap((resource) => kube.all(resource));
  const secrets = kube.all(resources.secrets).map(({ metadata }) => metadata);
  const urls = kube.requests.map(({ query, headers, name }) => [[...query], headers, name]);
  const bodies = kube.requests
    .filter(({ plural }) => plural !== resources.secrets.plural)
    .map(({ body }) => JSON.stringify(body));
  const metrics = await under.metrics.registry.metrics();
  return [under.lines.join(''), JSON.stringify([objects, secrets, urls]), ...bodies, metrics].join('\n');
}

async function expectNoValue(): Promise<void> {
  const told = await everythingTold();
  const shown = [marker, foreign, credential].flatMap((value) =>
    canaryForms(value).filter(({ text }) => told.includes(text)),
  );
  expect(shown).toEqual([]);
  expect(told).toContain('"db"');
}

describe('a value', () => {
  it('is in the data of its Secret, and nowhere else', async () => {
    world.putClass('db');
    world.putSync('db', { credentialsSecretRef: { name: 'approle' } });
    await under.settled();
    expect(world.data('db')).toEqual({ a: marker });
    world.values.set('db', `${marker} rotated`);
    await under.pass(60_000);
    expect(world.data('db')).toEqual({ a: `${marker} rotated` });

    await expectNoValue();
  });

  it('is not told of a conflict, nor of what differs', async () => {
    world.putSecret('db', { a: foreign, b: foreign });
    world.putClass('db');
    world.putSync('db', { adoptionPolicy: 'IfIdentical' });
    world.putSync('shadow', { secretProviderClassName: 'db', mode: 'Shadow' });
    await under.settled();
    expect(world.condition('db')).toMatchObject({ reason: 'SecretConflict' });
    expect(world.condition('shadow')).toMatchObject({ reason: 'Shadowed' });

    await expectNoValue();
  });

  it('is not told of a Secret that cannot be rendered', async () => {
    world.putClass('db', {
      secretObjects: [
        {
          secretName: 'tls',
          type: 'kubernetes.io/tls',
          data: ['tls.crt', 'tls.key'].map((key) => ({ objectName: 'a', key })),
        },
        {
          secretName: 'docker',
          type: 'kubernetes.io/dockerconfigjson',
          data: [{ objectName: 'a', key: '.dockerconfigjson' }],
        },
      ],
    });
    world.putSync('db');
    await under.settled();
    expect(world.condition('db')).toMatchObject({ reason: 'SecretInvalid' });

    await expectNoValue();
  });

  it('is not told of a Secret that the API server refuses with the words of an admission webhook', async () => {
    const data = { a: Buffer.from(marker).toString('base64') };
    const message = `admission webhook "x" denied the request: {"data":${JSON.stringify(data)},"text":${JSON.stringify(marker)}}`;
    const refusal = refuseKube({ status: 403, reason: 'Forbidden', message });
    world.kube.script({ verb: 'apply', plural: 'secrets' }, refusal);
    world.putClass('db', { secretObjects: [secretOf('db')] });
    world.putSync('db');
    await under.settled();
    expect(world.condition('db')).toMatchObject({ status: 'False' });

    await expectNoValue();
  });

  it('would be found', async () => {
    world.kube.put(resources.events, {
      apiVersion: apiVersionOf(resources.events),
      metadata: { namespace: 'shop', name: 'leak' },
      note: Buffer.from(marker).toString('base64'),
    });

    await expect(expectNoValue()).rejects.toThrow('base64');
  });
});
