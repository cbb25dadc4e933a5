import { rm } from 'node:fs/promises';

import { build, type Metafile, type Plugin } from 'esbuild';

/**
 * Bundles a checkout for the image into `outdir`, which is emptied: `lockstep.mjs` and `main.mjs`, one chunk per lazily imported
 * half, no dev tools. The same sources and packages give the same bytes, wherever they stand. Answers what went into it.
 */
export async function bundle(root: string, outdir: string): Promise<Metafile> {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts', lockstep: 'scripts/image/command.ts' },
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // Some dependencies are CommonJS and call require for built-ins.
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
    // Licences stand in one file of their own.
    legalComments: 'none',
    plugins: [withoutDev, leaner],
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** src/dev plays stores and the driver; it needs a checkout and stays out of the image. */
const withoutDev: Plugin = {
  name: 'without-dev',
  setup(context) {
    context.onResolve({ filter: /\/dev\/[^/]+\.ts$/ }, ({ path }) => ({ path, external: true }));
  },
};

/**
 * What is never called costs memory on every node all the same. node-vault makes a client of axios and never
 * uses it, because our transport takes its place.
 */
const leaner: Plugin = {
  name: 'leaner',
  setup(context) {
    context.onResolve({ filter: /^axios$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    context.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'exports.create = () => undefined' }));
  },
};

/** Folders of the packages of which something is in the bundle, as `node_modules/…`, in order. */
export function bundledPackages({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = used.flatMap(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}
