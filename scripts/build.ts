/** `npm run build`: bundles src/main.ts into dist/ for the image, with the licences of what is in it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bundle, bundledPackages } from './bundle.ts';
import { readLicences, toLicenceText } from './supply-chain/licences.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const metafile = await bundle(root, dist);
const licences = await readLicences(root, bundledPackages(metafile));
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), toLicenceText(licences));
