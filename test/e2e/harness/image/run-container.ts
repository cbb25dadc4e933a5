/** `node run-container.ts DIR NAME ARGS…`: becomes `runc run` of the container that is described in DIR, with this environment. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir = '', name = '', ...args] = process.argv.slice(2);
// The edge: written by Container.
const template = JSON.parse(readFileSync(join(dir, 'template.json'), 'utf8')) as Template;
const { PATH, ...environment } = process.env;
const env = [...template.process.env, ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)];
const spec = { ...template, process: { ...template.process, env, args: [...template.process.args, ...args] } };
writeFileSync(join(dir, 'config.json'), JSON.stringify(spec));
const runc = '/usr/bin/env';
process.execve?.(runc, [runc, 'runc', 'run', '--bundle', dir, name], { PATH });

interface Template {
  readonly process: { readonly env: readonly string[]; readonly args: readonly string[] };
}
