import { stringify } from 'yaml';

import { formatFinding, type MigrationFinding } from './finding.ts';

/** What takes the place of one object. */
export interface Output {
  /** Empty: the manifest names none. */
  readonly namespace: string;
  /** Of all of them. */
  readonly name: string;
  /** `ExternalSecret shop/db (eso.yaml:12)`. */
  readonly origin: string;
  /** In the order in which they are applied. */
  readonly manifests: readonly object[];
  readonly remarks: readonly string[];
  /** What was found about it. */
  readonly findings: readonly MigrationFinding[];
}

/** The first line of everything that is written. */
export const signature = '# Made by lockstep migrate';

/** YAML documents under comments that say where they come from and what is not in them. The same input gives the same text. */
export function renderOutput({ origin, manifests, remarks, findings }: Output): string {
  const comments = [
    `${signature} from ${origin}.`,
    ...remarks,
    ...findings.map(
      (finding) =>
        `${finding.severity}: ${formatFinding({ ...finding, object: '' })
          .split(': ')
          .slice(2)
          .join(': ')}`,
    ),
  ];
  const [first = '', ...rest] = comments;
  const head = [first, ...rest.map((comment) => `# ${toOneLine(comment)}`)].join('\n');
  return `${head}\n${manifests.map((manifest) => stringify(manifest, { lineWidth: 0 })).join('---\n')}`;
}

/** Values in front of a mistake can hold anything. */
function toOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
