import { hash } from 'node:crypto';
import { chownSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodeFlags } from '../../scripts/image/node-flags.ts';
import type { Sbom } from '../../scripts/supply-chain/sbom.ts';
import { e2e } from './harness/e2e.ts';
import { here } from './harness/image/base-image.ts';
import { type BuiltImage, ImageBuilder } from './harness/image/built-image.ts';
import { nodeFlagsOf, statusOf } from './harness/image/container-process.ts';
import { Container } from './harness/image/container.ts';
import { filesOf, machinesOf } from './harness/image/image-files.ts';
import { whyNoImage } from './harness/image/tools.ts';
import { ServerProcess } from './harness/processes.ts';

const why = whyNoImage();
const name = 'The image, built by its Dockerfile and run by runc';
const imageUser = 65_532;
const buildMs = 600_000;

if (why !== undefined) it.skip(`${name} (skipped: ${why})`);
if (why === undefined)
  e2e(name, 'image', (stand) => {
    let builder: ImageBuilder;
    let image: BuiltImage;
    const containers: Container[] = [];
    beforeAll(() => {
      builder = new ImageBuilder(join(stand().dir, 'build'));
      image = builder.build(here);
    }, buildMs);
    // The stand has ended by then.
    afterAll(() => {
      for (const container of containers) container.remove();
      builder.remove();
    });

    function createContainer(folders: readonly string[], user?: number): Container {
      const dir = join(stand().dir, `container-${containers.length}`);
      const container = new Container({ dir, image, folders, ...(user !== undefined && { user }) });
      containers.push(container);
      return container;
    }

    /** As a DaemonSet runs it: with the folder of the driver's sockets, and the key from a Secret. */
    function createProviderContainer(user: number): Container {
      return createContainer([stand().providerDir, join(stand().dir, 'version-key')], user);
    }

    /** Without what another user has left there. */
    function giveFolderTo(user: number): void {
      const { providerDir } = stand();
      rmSync(join(providerDir, 'vault.sock'), { force: true });
      chownSync(providerDir, user, user);
    }

    describe('carries', () => {
      it('Node, the libraries that it is linked with, the bundle, and no other program', () => {
        const programs = [...machinesOf(image.rootfs).keys()];
        expect(programs.map((file) => file.replace(/^usr\/lib\/[^/]+\//, ''))).toEqual([
          expect.stringMatching(/^ld-linux-/),
          'libatomic.so.1',
          'libc.so.6',
          'libdl.so.2',
          'libgcc_s.so.1',
          'libm.so.6',
          'libpthread.so.0',
          'libstdc++.so.6',
          'usr/local/bin/node',
        ]);
        const documents = /^(app|usr\/share\/doc|var\/lib\/dpkg\/status\.d)\//;
        const rest = filesOf(image.rootfs).filter((file) => !programs.includes(file) && !documents.test(file));
        expect(rest).toEqual([
          'etc/group',
          'etc/nsswitch.conf',
          'etc/os-release',
          'etc/passwd',
          'lib',
          expect.stringMatching(/^lib(64)?\/ld-linux-/),
          'usr/local/bin/lockstep',
        ]);
      });

      it('labels, an unprivileged user and an entry point', () => {
        const { User, Entrypoint, Cmd, Labels } = image.image.config;
        expect(User).toBe(`${imageUser}:${imageUser}`);
        expect([...Entrypoint, ...Cmd]).toEqual(['/usr/local/bin/lockstep', 'provider']);
        expect(Labels).toMatchObject({
          'org.opencontainers.image.title': 'lockstep',
          'org.opencontainers.image.licenses': 'Apache-2.0',
          'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
        });
      });

      it('its bill of materials: what is bundled, Node, and the packages of Debian that it has files of', () => {
        // The edge: our own file.
        const sbom = JSON.parse(readFileSync(join(image.rootfs, 'app/sbom.cdx.json'), 'utf8')) as Sbom;
        const refs = new Set(sbom.components.map((component) => `${component.name}@${component.version}`));
        const records = readdirSync(join(image.rootfs, 'var/lib/dpkg/status.d'));
        expect(records).toEqual(['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6']);
        expect([...refs].filter((ref) => records.some((record) => ref.startsWith(`${record}@`)))).toHaveLength(4);
        expect(refs).toContain(`node@${process.versions.node}`);
        const licences = readFileSync(join(image.rootfs, 'app/THIRD-PARTY-LICENSES.txt'), 'utf8');
        const bundled = [...licences.matchAll(/^(\S+) (\d\S*): /gm)].map(([, pkg, version]) => `${pkg}@${version}`);
        expect(bundled.length).toBeGreaterThan(50);
        expect(bundled.filter((ref) => !refs.has(ref))).toEqual([]);
      });
    });

    describe('runs', () => {
      it('any command as `lockstep COMMAND`, as its own user', () => {
        expect(createContainer([]).run('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
      });

      it.for([
        { user: 0, whose: 'root without capabilities, where the folder of sockets is root’s, as on every node' },
        { user: imageUser, whose: 'its own user, where the folder is that user’s' },
      ])('the provider as $whose: a pod mounts through the real driver', async ({ user }) => {
        giveFolderTo(user);
        chownSync(join(stand().dir, 'version-key'), user, user);
        const container = createProviderContainer(user);
        stand().command = container.command;
        const startedAt = performance.now();
        const provider = await stand().startProvider();
        const readyMs = performance.now() - startedAt;
        const value = await stand().putSecret(`user-${user}`);
        const secretPath = `secret/data/user-${user}`;
        await stand().putClass(`user-${user}`, [{ objectName: 'a', secretPath, secretKey: 'value' }]);
        const volume = await stand().createVolume(`user-${user}`);

        await volume.publish();

        expect(volume.read('a')).toBe(value);
        const { pid } = container;
        expect(statusOf(pid)).toMatchObject({ Uid: `${user}`, CapEff: '0000000000000000', NoNewPrivs: '1' });
        expect(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).toMatch(/ \/ \/ ro[, ]/);
        expect(nodeFlagsOf(pid)).toEqual(nodeFlags['provider']);
        const mib = (image.sizeBytes / 2 ** 20).toFixed(1);
        console.log(`image: ${mib} MiB compressed; ready ${readyMs.toFixed(0)} ms after runc was asked`);
        expect(await stand().stopProvider(provider)).toBe(0);
      });

      it('the provider no further than one sentence as its own user, where the folder is root’s', () => {
        const { providerDir } = stand();
        giveFolderTo(0);
        const refused = createProviderContainer(imageUser);
        const flags = ['--provider-dir', providerDir, '--providers', 'vault', '--metrics-address', 'off'];
        expect(() => refused.run('provider', ...flags)).toThrow(/permission|EACCES/);
      });

      it('the controller with flags of its own', async () => {
        const { run, dir } = stand();
        const { kubeconfig } = run.cluster;
        const container = createContainer([dirname(kubeconfig)], 0);
        const [command = '', ...args] = container.command;
        const flags = [
          '--kubeconfig',
          kubeconfig,
          '--namespaces=image',
          '--leader-elect=false',
          '--metrics-address=off',
        ];
        const controller = new ServerProcess({
          runDir: run.runDir,
          command,
          args: [...args, 'controller', ...flags],
          log: join(dir, 'controller.log'),
        });
        await controller.ready(() => Promise.resolve(controller.output().includes('"leading"')));
        expect(nodeFlagsOf(container.pid)).toEqual(nodeFlags['controller']);
        expect(await controller.stop()).toBe(0);
      });
    });

    it(
      'is built for the other architecture too, with the same bundle and without running anything of it',
      () => {
        const machine = { amd64: 62, arm64: 183 };
        const other = here === 'amd64' ? 'arm64' : 'amd64';
        const { rootfs, image: config } = builder.build(other);
        expect(config.architecture).toBe(other);
        expect(new Set(machinesOf(image.rootfs).values())).toEqual(new Set([machine[here]]));
        expect(new Set(machinesOf(rootfs).values())).toEqual(new Set([machine[other]]));
        expect(readBundle(rootfs)).toEqual(readBundle(image.rootfs));
      },
      buildMs,
    );
  });

/** Digests of the bundle, by file. */
function readBundle(rootfs: string): Readonly<Record<string, string>> {
  const files = globSync('app/*.mjs', { cwd: rootfs }).toSorted();
  return Object.fromEntries(files.map((file) => [file, hash('sha256', readFileSync(join(rootfs, file)))]));
}
