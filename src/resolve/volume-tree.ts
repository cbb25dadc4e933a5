/** The paths that the files of one volume take. A file cannot lie where another file or its directory is. */
export class VolumeTree {
  readonly #files = new Set<string>();
  readonly #directories = new Set<string>();

  /** `paths`: of files whose places are given. */
  constructor(paths: Iterable<string>) {
    for (const path of paths) this.add(path);
  }

  add(path: string): void {
    this.#files.add(path);
    for (const directory of directoriesOf(path)) this.#directories.add(directory);
  }

  /** True when the path is taken, is a directory, or leads through a file. */
  isTaken(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path) || directoriesOf(path).some((d) => this.#files.has(d));
  }
}

/** `a/b/c` lies in `a` and `a/b`. */
function directoriesOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
