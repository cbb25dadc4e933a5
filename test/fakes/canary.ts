import { inspect } from 'node:util';

import { marshalGo } from '../../src/core/go-json.ts';

/** One way in which a value can show in a text. */
export interface CanaryForm {
  readonly name: string;
  readonly text: string;
}

/** Shorter markers would be found by chance. */
const minLength = 8;
/** How many bytes of a buffer Node prints. */
const inspectedBytes = 50;

/**
 * Every form in which a planted value could show: as it is, encoded, or escaped. In base64 only the characters that do
 * not depend on what stands around the value, for each of the three alignments.
 */
export function canaryForms(marker: string): readonly CanaryForm[] {
  if (marker.length < minLength) throw new RangeError(`a canary needs at least ${minLength} characters`);
  const bytes = Buffer.from(marker);
  const forms = [
    { name: 'plain', text: marker },
    ...[0, 1, 2].flatMap((offset) => base64Forms(bytes, offset)),
    { name: 'hex', text: bytes.toString('hex') },
    { name: 'upper-case hex', text: bytes.toString('hex').toUpperCase() },
    { name: 'spaced hex', text: (bytes.subarray(0, inspectedBytes).toString('hex').match(/../g) ?? []).join(' ') },
    { name: 'byte list', text: bytes.join(',') },
    { name: 'URL', text: encodeURIComponent(marker) },
    { name: 'form', text: new URLSearchParams([['', marker]]).toString().slice(1) },
    { name: 'JSON', text: unquote(JSON.stringify(marker)) },
    { name: 'JSON in JSON', text: unquote(JSON.stringify(unquote(JSON.stringify(marker)))) },
    { name: 'Go JSON', text: unquote(marshalGo(marker)) },
    { name: 'inspection', text: unquote(inspect(marker, { maxStringLength: null, breakLength: Infinity })) },
  ];
  const first = new Map(forms.toReversed().map(({ name, text }) => [text, name]));
  return forms.filter(({ name, text }) => first.get(text) === name);
}

/** The names of the forms in which `marker` stands in `text`; empty: it does not. */
export function findCanary(text: string, marker: string): readonly string[] {
  return canaryForms(marker).flatMap((form) => (text.includes(form.text) ? [form.name] : []));
}

function base64Forms(bytes: Buffer, offset: number): readonly CanaryForm[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  // Six bits a character: those that hold a foreign bit are cut off at both ends.
  const start = Math.ceil((offset * 8) / 6);
  const end = Math.floor((padded.byteLength * 8) / 6);
  return [
    { name: `base64 at ${offset}`, text: padded.toString('base64').slice(start, end) },
    { name: `base64url at ${offset}`, text: padded.toString('base64url').slice(start, end) },
  ];
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1);
}
