/** Bundles src/main.ts into dist/ for the image: one entry, one chunk per lazily imported half, no dev tools. */
import { rm } from 'node:fs/promises';

import { build, type Plugin } from 'esbuild';

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

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // Some dependencies are CommonJS and call require for built-ins.
  banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  plugins: [withoutDev, leaner],
  metafile: true,
  logLevel: 'warning',
});
