import type { OxlintOverride } from 'oxlint';

import { compositionRoots, layers, type Layer } from '../layers.ts';

/** One override per folder of src/: oxlint replaces the options of a rule, so all fences of a folder stand in one entry. */
export function fences(): OxlintOverride[] {
  return Object.entries(layers).map(([folder, layer]) => ({
    files: [`src/${folder}/**/*.ts`],
    excludeFiles: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [...forbiddenFolders(folder, layer), ...forbiddenPackages(folder, layer)] },
      ],
    },
  }));
}

/** Relative imports that climb out of the folder may only enter the folders of its row. */
function forbiddenFolders(folder: string, layer: Layer): { regex: string; message: string }[] {
  const siblings = Object.keys(layers).filter((other) => other !== folder && !layer.imports.includes(other));
  const roots = Object.entries(compositionRoots).filter(([, importers]) => !importers.includes(folder));
  const message = `src/${folder} may import from: ${layer.imports.join(', ') || 'nothing'} (layers.ts)`;
  return [
    { regex: `^(\\.\\./)+(${siblings.join('|')})/`, message },
    {
      regex: `^(\\.\\./)+(${roots.map(([name]) => name).join('|')})\\.ts$`,
      message: `src/${folder} may not import a composition root (layers.ts)`,
    },
  ];
}

function forbiddenPackages(folder: string, layer: Layer): { group: string[]; message: string }[] {
  const allowed = [
    ...layer.packages.flatMap((name) => [`!${name}`, `!${name}/**`]),
    ...(layer.builtins ?? ['node:*', 'node:*/**']).map((name) => `!${name}`),
  ];
  const message = `src/${folder} may use: ${layer.packages.join(', ') || 'no package'} (layers.ts)`;
  return [{ group: ['*', '!.', '!..', '!./**', '!../**', ...allowed], message }];
}
