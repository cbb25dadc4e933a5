/**
 * `node scripts/supply-chain/sbom.ts FILE`: writes the software bill of materials of package-lock.json as CycloneDX 1.5, the
 * same bytes every time. scripts/image/root.ts adds what the image has beside.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Component {
  readonly 'bom-ref': string;
  readonly type: 'library' | 'application' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly object[];
}

export interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/** What we touch of CycloneDX; the rest is carried along. */
export interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/**
 * npm lists everything; here stand the packages that are neither for development nor for some platforms alone. The question is put
 * to the lock file: `npm sbom --omit=dev` leaves out a package of ours for development that another one needs at run time.
 */
export async function readSbom(root: string): Promise<Sbom> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const output = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  const { serialNumber: _serial, ...sbom } = JSON.parse(output) as Sbom & NpmSbom;
  const { timestamp: _time, tools: _tools, ...metadata } = sbom.metadata;
  const component: Component = { ...metadata.component, type: 'application', name: lock.name };
  const shipped = toShipped(lock);
  const isShipped = (ref: string): boolean => ref === component['bom-ref'] || shipped.has(ref);
  return {
    ...sbom,
    metadata: { ...metadata, component },
    components: sbom.components.filter((each) => isShipped(`${each.name}@${each.version}`)),
    dependencies: sbom.dependencies
      .filter(({ ref }) => isShipped(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isShipped) })),
  };
}

interface LockFile {
  readonly name: string;
  readonly packages: Readonly<Record<string, { version?: string; name?: string; dev?: true; optional?: true }>>;
}

/** What changes from run to run. */
interface NpmSbom {
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly tools: unknown };
}

/** `name@version` of what is installed everywhere and in production. */
function toShipped({ packages }: LockFile): ReadonlySet<string> {
  const shipped = Object.entries(packages).filter(([path, { dev, optional }]) => path !== '' && !dev && !optional);
  return new Set(
    shipped.map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`),
  );
}

if (import.meta.main) {
  const [file = 'sbom.cdx.json'] = process.argv.slice(2);
  const sbom = await readSbom(join(import.meta.dirname, '../..'));
  await writeFile(file, `${JSON.stringify(sbom, null, 2)}\n`);
}
