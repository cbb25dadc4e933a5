import { join } from 'node:path';

import type { BuiltImage } from './built-image.ts';
import { Container, type ContainerOptions } from './container.ts';

/** Containers of one image, each with a folder of its own. */
export class Containers {
  readonly #image: BuiltImage;
  readonly #dir: string;
  readonly #containers: Container[] = [];

  constructor(image: BuiltImage, dir: string) {
    this.#image = image;
    this.#dir = dir;
  }

  create(options: Omit<ContainerOptions, 'image' | 'dir'>): Container {
    const dir = join(this.#dir, `container-${this.#containers.length}`);
    const container = new Container({ ...options, dir, image: this.#image });
    this.#containers.push(container);
    return container;
  }

  remove(): void {
    for (const container of this.#containers) container.remove();
  }
}
