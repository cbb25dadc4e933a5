import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

/** buildah's images and working containers in a folder of the run: nothing of the machine's is seen, and the run removes it. */
export class ImageStore {
  readonly #dir: string;
  readonly #driver: string;

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    this.#driver = this.#canOverlay() ? 'overlay' : 'vfs';
  }

  /** Runs `buildah COMMAND ARGS…` and answers its standard output, trimmed. Throws with what it printed. */
  buildah(command: string, ...args: readonly string[]): string {
    return run(this.#dir, this.#driver, [command, ...args]);
  }

  /** Faster than whole copies, but not on every file system. */
  #canOverlay(): boolean {
    const trial = mkdtempSync(join(this.#dir, 'trial-'));
    try {
      run(trial, 'overlay', ['from', 'scratch']);
      return true;
    } catch {
      return false;
    }
  }
}

function run(dir: string, driver: string, args: readonly string[]): string {
  const own = ['--root', join(dir, 'root'), '--runroot', join(dir, 'run'), '--storage-driver', driver];
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', TMPDIR: dir };
  return execFileSync('buildah', [...own, ...args], { env, encoding: 'utf8', maxBuffer: 1 << 26 }).trim();
}
