import { describe, expect, it } from 'vitest';

import { reloaderProblems, type ReloaderSubject, reloaderVerdict, toReloaderAnnotations } from './reloader.ts';

const domain = 'reloader.stakater.com';
const auto = `${domain}/auto`;
const secretAuto = `secret.${domain}/auto`;
const named = `secret.${domain}/reload`;
const search = `${domain}/search`;
const excluded = `secrets.exclude.${domain}/reload`;

type Annotations = Readonly<Record<string, string>>;
const db: ReloaderSubject = { name: 'db', annotations: {}, use: 'reference' };
const matching = { annotations: { [`${domain}/match`]: 'true' } };

function verdict(workload: Annotations, subject: Partial<ReloaderSubject> = {}, template?: Annotations) {
  const reloader = toReloaderAnnotations(workload, template);
  return reloader && reloaderVerdict(reloader, { ...db, ...subject });
}

describe('reloaderVerdict', () => {
  it.for<readonly [string, Annotations, Partial<ReloaderSubject>]>([
    ['auto', { [auto]: 'true' }, {}],
    ['auto, as Go writes true', { [auto]: 'T' }, {}],
    ['auto, for what is mounted', { [auto]: 'true' }, { use: 'mount' }],
    ['auto for Secrets', { [secretAuto]: 'true' }, {}],
    ['auto for Secrets, though not for everything', { [auto]: 'false', [secretAuto]: 'true' }, {}],
    ['its name', { [named]: 'db' }, {}],
    ['its name, though nothing reads it', { [named]: 'tls, db' }, { use: undefined }],
    ['a pattern', { [named]: 'tls,d.*' }, {}],
    ['a pattern beside one that is none', { [named]: '[z-a],d.' }, {}],
    ['search and match', { [search]: 'true' }, matching],
  ])('reloads by %s', ([, workload, subject]) => {
    expect(verdict(workload, subject)).toBe('Reload');
  });

  it.for<readonly [string, Annotations, Partial<ReloaderSubject>]>([
    ['auto, when nothing reads it', { [auto]: 'true' }, { use: undefined }],
    ['auto for Secrets, when the class is mounted only', { [secretAuto]: 'true' }, { use: 'mount' }],
    ['another name', { [named]: 'database' }, {}],
    ['half of an alternative', { [named]: 'db-1|x-db' }, {}],
    ['search without match', { [search]: 'true' }, {}],
    ['match that is not exactly true', { [search]: 'true' }, { annotations: { [`${domain}/match`]: 'True' } }],
    ['search and match, when nothing reads it', { [search]: 'true' }, { ...matching, use: undefined }],
    ['the exclusion of another', { [excluded]: 'tls,d.' }, {}],
  ])('has nothing to say by %s', ([, workload, subject]) => {
    expect(verdict(workload, subject)).toBe('Unsaid');
  });

  it.for<readonly [string, Annotations, Partial<ReloaderSubject>]>([
    ['it is excluded by name', { [auto]: 'true', [excluded]: 'tls, db' }, {}],
    ['it is named and excluded', { [named]: 'db', [excluded]: 'db' }, {}],
    ['it asks for it itself', { [named]: 'db' }, { annotations: { [`${domain}/ignore`]: 'true' } }],
  ])('leaves a Secret out when %s', ([, workload, subject]) => {
    expect(verdict(workload, subject)).toBe('Excluded');
  });

  it.for<Annotations>([{ [auto]: 'false' }, { [secretAuto]: 'false' }, { [auto]: 'nonsense' }])(
    'opts out of everything by %o',
    (workload) => {
      expect(verdict(workload)).toBe('OptedOut');
    },
  );

  it('does not ignore a Secret for anything but exactly true', () => {
    expect(verdict({ [auto]: 'true' }, { annotations: { [`${domain}/ignore`]: 'yes' } })).toBe('Reload');
  });
});

describe('toReloaderAnnotations', () => {
  it('reads the template where the workload chooses nothing, exclusions of the workload included', () => {
    expect(verdict({}, {}, { [auto]: 'true' })).toBe('Reload');
    expect(verdict({ [excluded]: 'db' }, {}, { [auto]: 'true' })).toBe('Excluded');
    expect(verdict({ [`configmap.${domain}/reload`]: 'x' }, {}, { [named]: 'db' })).toBe('Reload');
  });

  it('reads all of them from one place', () => {
    expect(verdict({ [search]: 'true' }, {}, { [auto]: 'true' })).toBe('Unsaid');
    expect(verdict({ [auto]: 'false' }, {}, { [named]: 'db' })).toBe('OptedOut');
  });

  it('does not read exclusions from the template', () => {
    expect(verdict({ [auto]: 'true' }, {}, { [excluded]: 'db' })).toBe('Reload');
    expect(toReloaderAnnotations({}, { [excluded]: 'db' })).toBeUndefined();
  });

  it('is nothing without annotations, or with empty ones', () => {
    expect(toReloaderAnnotations(undefined, undefined)).toBeUndefined();
    expect(toReloaderAnnotations({ [auto]: '' }, {})).toBeUndefined();
  });

  it('reports patterns that are skipped by their place', () => {
    const reloader = toReloaderAnnotations({ [named]: 'db, ,(a,b{2}' }, {});

    expect(reloader && reloaderProblems(reloader)).toEqual([
      `${named}: entry 2 is not a regular expression that lockstep understands, and is skipped`,
      `${named}: entry 3 is not a regular expression that lockstep understands, and is skipped`,
    ]);
  });
});
