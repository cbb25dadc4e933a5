/**
 * `node scripts/image/root.ts ARCH SYSTEM DIST SBOM OUT`: puts the image's file system together in OUT from the bundle in DIST and
 * from SYSTEM, a Debian for ARCH (`amd64`, `arm64`) with Node. Nothing of SYSTEM is run, so it may be for another machine than this.
 */
import { cp, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Component, Sbom } from '../supply-chain/sbom.ts';

export interface ImageParts {
  readonly arch: string;
  readonly system: string;
  readonly dist: string;
  /** File of the packages' bill of materials; what comes from SYSTEM is added to the image's copy. */
  readonly sbom: string;
  readonly out: string;
}

/** Number of the machine in an ELF header, folder of its libraries, and where its programs look for the loader. */
const machines: Readonly<Record<string, Machine>> = {
  amd64: { elf: 62, libraries: 'usr/lib/x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { elf: 183, libraries: 'usr/lib/aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
};

/** What Node is linked with, by Debian package; the loader comes with libc6. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  libc6: ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0'],
  'libgcc-s1': ['libgcc_s.so.1'],
  'libstdc++6': ['libstdc++.so.6'],
  libatomic1: ['libatomic.so.1'],
};

/** A name for the two users, and where addresses are looked up: the hosts file that kubelet writes, then DNS. */
const settings: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/:\nlockstep:x:65532:65532:lockstep:/:\n',
  'etc/group': 'root:x:0:\nlockstep:x:65532:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

export async function assembleRoot(parts: ImageParts): Promise<void> {
  const { arch, system, out } = parts;
  const machine = machines[arch];
  if (machine === undefined)
    throw new Error(`no image for ${arch}; there is one for ${Object.keys(machines).join(', ')}`);
  await copyFile(system, out, 'usr/local/bin/node');
  await checkMachine(join(out, 'usr/local/bin/node'), machine);
  for (const [name, files] of Object.entries(libraries)) {
    for (const file of files) await copyFile(system, out, join(machine.libraries, file));
    await copyFile(system, out, join('usr/share/doc', name, 'copyright'));
  }
  await copyFile(system, out, join(machine.libraries, basename(machine.loader)));
  await symlink('usr/lib', join(out, 'lib'));
  await mkdir(dirname(join(out, machine.loader)), { recursive: true });
  await symlink(join('/', machine.libraries, basename(machine.loader)), join(out, machine.loader));
  for (const [file, text] of Object.entries(settings)) await write(join(out, file), text);
  await addApplication(parts);
  await addInventory(parts);
}

interface Machine {
  readonly elf: number;
  readonly libraries: string;
  readonly loader: string;
}

/** Copies the file that a link leads to, under the name of the link. */
async function copyFile(from: string, to: string, path: string): Promise<void> {
  await cp(join(from, path), join(to, path), { dereference: true });
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** A base for the wrong machine would fail on the node only, with a message that nobody understands. */
async function checkMachine(file: string, { elf }: Machine): Promise<void> {
  await using handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 18);
  if (buffer.readUInt16LE() !== elf) throw new Error(`${file} is for ELF machine ${buffer.readUInt16LE()}, not ${elf}`);
}

async function addApplication({ system, dist, out }: ImageParts): Promise<void> {
  await cp(dist, join(out, 'app'), { recursive: true });
  await symlink('/app/lockstep.mjs', join(out, 'usr/local/bin/lockstep'));
  await cp(join(system, 'usr/local/LICENSE'), join(out, 'usr/share/doc/node/LICENSE'));
}

/** The bill of materials, and dpkg's records of the libraries where scanners of images look for them. */
async function addInventory({ arch, system, sbom, out }: ImageParts): Promise<void> {
  const records = toRecords(await readFile(join(system, 'var/lib/dpkg/status'), 'utf8'));
  const components: Component[] = [nodeOfBuild()];
  for (const name of Object.keys(libraries)) {
    const record = records.get(name);
    if (record === undefined) throw new Error(`${system} does not have the package ${name}`);
    await write(join(out, 'var/lib/dpkg/status.d', name), `${record}\n`);
    components.push(toDebian(name, record, arch));
  }
  await copyFile(system, out, 'etc/os-release');
  // The edge: our own file.
  const { components: packages, ...rest } = JSON.parse(await readFile(sbom, 'utf8')) as Sbom;
  const whole = { ...rest, components: [...packages, ...components] };
  await write(join(out, 'app/sbom.cdx.json'), `${JSON.stringify(whole, null, 2)}\n`);
}

/** Paragraphs of dpkg's status file, by package. */
function toRecords(status: string): ReadonlyMap<string, string> {
  return new Map(status.split('\n\n').map((record) => [/^Package: (.*)$/m.exec(record)?.[1] ?? '', record]));
}

function toDebian(name: string, record: string, arch: string): Component {
  const version = /^Version: (.*)$/m.exec(record)?.[1] ?? '';
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${arch}&distro=debian-12`;
  return { 'bom-ref': purl, type: 'library', name, version, purl };
}

/** SYSTEM is of the same tag as the Node that runs this. */
function nodeOfBuild(): Component {
  const version = process.versions.node;
  const purl = `pkg:generic/node@${version}`;
  return { 'bom-ref': purl, type: 'platform', name: 'node', version, purl, licenses: [{ license: { id: 'MIT' } }] };
}

if (import.meta.main) {
  const [arch = '', system = '', dist = '', sbom = '', out = ''] = process.argv.slice(2);
  await assembleRoot({ arch, system, dist, sbom, out });
}
