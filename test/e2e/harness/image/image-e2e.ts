import { join } from 'node:path';

import { afterAll, beforeAll, describe } from 'vitest';

import { e2e } from '../e2e.ts';
import type { Stand } from '../stand.ts';
import { here } from './base-image.ts';
import { type BuiltImage, ImageBuilder } from './built-image.ts';
import type { Container, ContainerOptions } from './container.ts';
import { Containers } from './containers.ts';
import { whyNoImage } from './tools.ts';

/** Time for a hook or test that builds an image. */
export const buildMs = 600_000;

/** A stand, and the image of the checkout. */
export class ImageStand {
  readonly stand: Stand;
  readonly builder: ImageBuilder;
  /** For this machine. */
  readonly image: BuiltImage;
  readonly #containers: Containers;

  constructor(stand: Stand, builder: ImageBuilder) {
    this.stand = stand;
    this.builder = builder;
    this.image = builder.build(here);
    this.#containers = new Containers(this.image, stand.dir);
  }

  createContainer(options: Pick<ContainerOptions, 'folders' | 'user' | 'limits'>): Container {
    return this.#containers.create(options);
  }

  /** As a DaemonSet runs it: with the folder of the driver's sockets, and the key from a Secret. */
  createProviderContainer(options: Pick<ContainerOptions, 'user' | 'limits'>): Container {
    const { providerDir, dir } = this.stand;
    return this.createContainer({ ...options, folders: [providerDir, join(dir, 'version-key')] });
  }

  removeContainers(): void {
    this.#containers.remove();
  }
}

/** A suite of the image. Skipped by name, with the reason, where programs are missing; in CI it fails then. */
export function describeImage(name: string, define: () => void): void {
  const reason = whyNoImage();
  const why = reason === undefined ? '' : ` (skipped: ${reason})`;
  describe.skipIf(reason !== undefined)(`${name}${why}`, () => {
    define();
  });
}

/** As `e2e`, with the image. */
export function imageE2e(name: string, slug: string, define: (stand: () => ImageStand) => void): void {
  describeImage(name, () => {
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
