import { join } from 'node:path';

import { afterAll, beforeAll, describe } from 'vitest';

import { e2e } from '../e2e.ts';
import type { Stand } from '../stand.ts';
import { here } from './base-image.ts';
import { type BuiltImage, ImageBuilder } from './built-image.ts';
import { Container, type ContainerOptions } from './container.ts';
import { whyNoImage } from './tools.ts';

/** Time for a hook or test that builds an image. */
export const buildMs = 600_000;

/** A stand, and the image of the checkout. */
export class ImageStand {
  readonly stand: Stand;
  readonly builder: ImageBuilder;
  /** For this machine. */
  readonly image: BuiltImage;
  readonly #containers: Container[] = [];

  constructor(stand: Stand, builder: ImageBuilder) {
    this.stand = stand;
    this.builder = builder;
    this.image = builder.build(here);
  }

  createContainer(options: Pick<ContainerOptions, 'folders' | 'user' | 'limits'>): Container {
    const dir = join(this.stand.dir, `container-${this.#containers.length}`);
    const container = new Container({ ...options, dir, image: this.image });
    this.#containers.push(container);
    return container;
  }

  /** As a DaemonSet runs it: with the folder of the driver's sockets, and the key from a Secret. */
  createProviderContainer(options: Pick<ContainerOptions, 'user' | 'limits'>): Container {
    const { providerDir, dir } = this.stand;
    return this.createContainer({ ...options, folders: [providerDir, join(dir, 'version-key')] });
  }

  removeContainers(): void {
    for (const container of this.#containers) container.remove();
  }
}

/** As `e2e`, with the image. Skipped by name, with the reason, where programs are missing; in CI it fails then. */
export function imageE2e(name: string, slug: string, define: (stand: () => ImageStand) => void): void {
  const reason = whyNoImage();
  const why = reason === undefined ? '' : ` (skipped: ${reason})`;
  describe.skipIf(reason !== undefined)(`${name}${why}`, () => {
    e2e('in a container', slug, (stand) => {
      let current: ImageStand | undefined;
      beforeAll(() => {
        current = new ImageStand(stand(), new ImageBuilder(stand().run.runDir));
      }, buildMs);
      afterAll(() => current?.removeContainers());
      define(() => {
        if (current === undefined) throw new Error('the image has not been built');
        return current;
      });
    });
  });
}
