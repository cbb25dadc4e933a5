import { hash } from 'node:crypto';
import { chownSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { nodeFlags } from '../../scripts/image/node-flags.ts';
import type { Sbom } from '../../scripts/supply-chain/sbom.ts';
import { here } from './harness/image/base-image.ts';
import { nodeFlagsOf, statusOf } from './harness/image/container-process.ts';
import { buildMs, imageE2e, type ImageStand } from './harness/image/image-e2e.ts';
import { filesOf, machinesOf } from './harness/image/image-files.ts';
import { ServerProcess } from './harness/processes.ts';
import type { Stand } from './harness/stand.ts';

const imageUser = 65_532;

imageE2e('The image, built by its Dockerfile and run by runc', 'image', (world) => {
  const stand = (): Stand => world().stand;
  const image = (): ImageStand['image'] => world().image;

  describe('carries', () => {
    it('Node, the libraries that it is linked with, the bundle, and no other program', () => {
      const programs = [...machinesOf(image().rootfs).keys()];
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
      const rest = filesOf(image().rootfs).filter((file) => !programs.includes(file) && !documents.test(file));
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
      const { User, Entrypoint, Cmd, Labels } = image().image.config;
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
      const sbom = JSON.parse(readFileSync(join(image().rootfs, 'app/sbom.cdx.json'), 'utf8')) as Sbom;
      const refs = new Set(sbom.components.map((component) => `${component.name}@${component.version}`));
      const records = readdirSync(join(image().rootfs, 'var/lib/dpkg/status.d'));
      expect(records).toEqual(['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6']);
      expect([...refs].filter((ref) => records.some((record) => ref.startsWith(`${record}@`)))).toHaveLength(4);
      expect(refs).toContain(`node@${process.versions.node}`);
      const licences = readFileSync(join(image().rootfs, 'app/THIRD-PARTY-LICENSES.txt'), 'utf8');
      const bundled = [...licences.matchAll(/^(\S+) (\d\S*): /gm)].map(([, pkg, version]) => `${pkg}@${version}`);
      expect(bundled.length).toBeGreaterThan(50);
      expect(bundled.filter((ref) => !refs.has(ref))).toEqual([]);
    });
  });

  describe('runs', () => {
    it('any command as `lockstep COMMAND`, as its own user', () => {
      expect(world().createContainer({ folders: [] }).run('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    });

    it.for([
      { user: 0, whose: 'root without capabilities, where the folder of sockets is root’s, as on every node' },
      { user: imageUser, whose: 'its own user, where the folder is that user’s' },
    ])('the provider as $whose: a pod mounts through the real driver', async ({ user }) => {
      giveFolder(stand(), user);
      const container = world().createProviderContainer({ user });
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
      const mib = (image().sizeBytes / 2 ** 20).toFixed(1);
      console.log(`image: ${mib} MiB compressed; ready ${readyMs.toFixed(0)} ms after runc was asked`);
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    it('the provider no further than one sentence as its own user, where the folder is root’s', () => {
      const { providerDir } = stand();
      giveFolder(stand(), 0);
      const refused = world().createProviderContainer({ user: imageUser });
      const flags = ['--provider-dir', providerDir, '--providers', 'vault', '--metrics-address', 'off'];
      expect(() => refused.run('provider', ...flags)).toThrow(/permission|EACCES/);
    });

    it('the controller with flags of its own', async () => {
      const { run, dir } = stand();
      const { kubeconfig } = run.cluster;
      const container = world().createContainer({ folders: [dirname(kubeconfig)], user: 0 });
      const [command = '', ...args] = container.command;
      const flags = ['--kubeconfig', kubeconfig, '--namespaces=image', '--leader-elect=false', '--metrics-address=off'];
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
      const { rootfs, image: config } = world().builder.build(other);
      expect(config.architecture).toBe(other);
      expect(new Set(machinesOf(image().rootfs).values())).toEqual(new Set([machine[here]]));
      expect(new Set(machinesOf(rootfs).values())).toEqual(new Set([machine[other]]));
      expect(readBundle(rootfs)).toEqual(readBundle(image().rootfs));
    },
    buildMs,
  );
});

/** The folder of sockets becomes the user's, without what another one has left there. */
function giveFolder({ providerDir, dir }: Stand, user: number): void {
  rmSync(join(providerDir, 'vault.sock'), { force: true });
  for (const path of [providerDir, join(dir, 'version-key')]) chownSync(path, user, user);
}

/** Digests of the bundle, by file. */
function readBundle(rootfs: string): Readonly<Record<string, string>> {
  const files = globSync('app/*.mjs', { cwd: rootfs }).toSorted();
  return Object.fromEntries(files.map((file) => [file, hash('sha256', readFileSync(join(rootfs, file)))]));
}
