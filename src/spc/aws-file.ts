import { checkFilePath } from '../core/file-path.ts';
import type { AwsFields } from './aws-fields.ts';
import { quote } from './aws-name.ts';

/** Fields of which one names a file and another its mode. */
export type FileFields<Name extends string> = Pick<AwsFields<Name | 'filePermission'>, 'text' | 'complain'>;

/**
 * The path of a file from the name that it is given. Parity: every slash becomes the character of pathTranslation, the first
 * one too; without translation only those at the start vanish. Files a problem where the driver would refuse the path; the
 * official provider leaves some of those to it, which fails the mount late.
 */
export function readPath<Name extends string>(
  name: string,
  field: Name,
  { fields, translation }: { readonly fields: FileFields<Name>; readonly translation: string | undefined },
): string {
  const path = translation === undefined ? name.replace(/^\/+/, '') : name.replaceAll('/', translation);
  const reason = checkFilePath(path);
  if (reason !== undefined && name !== '') {
    const shown = path === name ? quote(path) : `${quote(name)} becomes ${quote(path)}, which`;
    const remedy =
      field === 'objectName' ? 'name the file with objectAlias' : "it is the file's path inside the volume";
    fields.complain(field, `${shown} ${reason}; ${remedy}`);
  }
  return path;
}

/** Parity: four octal digits, as text. Undefined: none. */
export function readMode(fields: FileFields<never>): number | undefined {
  const text = fields.text('filePermission');
  if (text === '') return undefined;
  if (!/^[0-7]{4}$/.test(text)) {
    fields.complain('filePermission', `is ${quote(text)}; it must be four octal digits in quotes, such as "0644"`);
  }
  return Number.parseInt(text, 8);
}
