import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Architecture, createBaseImage, here, runNpm } from './base-image.ts';
import { ImageStore } from './image-store.ts';

const checkout = join(import.meta.dirname, '../../../..');

/** What `.dockerignore` lets through. */
const context = [
  '.dockerignore',
  '.npmrc',
  'Dockerfile',
  'LICENSE',
  'package-lock.json',
  'package.json',
  'scripts',
  'src',
  'tsconfig.json',
];

/** What the image says of how it is run. */
export interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

export interface BuiltImage {
  readonly image: ImageConfig;
  /** Its file system, mounted. */
  readonly rootfs: string;
  /** Compressed, as a node downloads it. */
  readonly sizeBytes: number;
}

/**
 * Builds images of the checkout by its Dockerfile, without a registry and without a container runtime. The checkout is read once in
 * a run, and each image built once, by whoever comes first.
 */
export class ImageBuilder {
  readonly #store: ImageStore;
  readonly #dir: string;

  constructor(runDir: string) {
    this.#dir = join(runDir, 'image-builder');
    this.#store = new ImageStore(join(this.#dir, 'store'));
    if (existsSync(this.#context)) return;
    const [, base = '', version = ''] =
      /^FROM (node:([\d.]+)-\S+) AS/m.exec(readFileSync(join(checkout, 'Dockerfile'), 'utf8')) ?? [];
    createBaseImage(this.#store, base, version);
    for (const name of context) cpSync(join(checkout, name), join(this.#context, name), { recursive: true });
  }

  build(architecture: Architecture): BuiltImage {
    const file = join(this.#dir, `${architecture}.json`);
    if (!existsSync(file)) writeFileSync(file, JSON.stringify(this.#build(architecture)));
    // The edge: written above.
    return JSON.parse(readFileSync(file, 'utf8')) as BuiltImage;
  }

  #build(architecture: Architecture): BuiltImage {
    const name = `lockstep:${architecture}`;
    const mounts = this.#npmSettings().flatMap((mount) => ['--volume', mount]);
    // Older versions of buildah do not set BUILDPLATFORM themselves.
    const platforms = ['--platform', `linux/${architecture}`, '--build-arg', `BUILDPLATFORM=linux/${here}`];
    const flags = ['--layers=false', '--pull-never', '--quiet', '--timestamp=0', '--tag', name];
    this.#store.buildah('bud', ...platforms, ...mounts, ...flags, this.#context);
    // The edge: buildah's own report.
    const { OCIv1: image } = JSON.parse(this.#store.buildah('inspect', '--type=image', name)) as { OCIv1: ImageConfig };
    const container = this.#store.buildah('from', '--pull-never', '--arch', architecture, name);
    return { image, rootfs: this.#store.buildah('mount', container), sizeBytes: this.#push(name) };
  }

  get #context(): string {
    return join(this.#dir, 'context');
  }

  /** Mounts for RUN, so that npm in there asks the registry that npm asks here. */
  #npmSettings(): readonly string[] {
    const get = (key: string): string => runNpm(this.#dir, ['config', 'get', key]).trim();
    const file = join(this.#dir, 'npmrc');
    const authority = get('cafile');
    const hasAuthority = authority !== 'null' && authority !== '';
    const lines = [
      `registry=${get('registry')}`,
      'prefer-offline=true',
      'cache=/npm-cache',
      ...(hasAuthority ? ['cafile=/etc/npm-ca'] : []),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return [
      `${file}:/usr/local/etc/npmrc:ro`,
      `${get('cache')}:/npm-cache`,
      ...(hasAuthority ? [`${authority}:/etc/npm-ca:ro`] : []),
    ];
  }

  /** Bytes of the image as a registry would store it. */
  #push(name: string): number {
    const file = join(this.#dir, 'image.tar');
    rmSync(file, { force: true });
    this.#store.buildah('push', '--quiet', name, `oci-archive:${file}`);
    return statSync(file).size;
  }
}
