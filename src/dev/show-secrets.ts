import type { DesiredSecret } from '../secret-objects/secret-object.ts';
import type { MountedVolume } from './first-mounts.ts';
import type { SecretNews } from './played-sync.ts';
import { showValue } from './show-value.ts';
import type { Stage } from './stage.ts';
import { formatBranch } from './tree.ts';

/** Prints the Secrets that the mounted classes ask for. Answers whether all of them could be made. */
export async function showSecrets(mounted: readonly MountedVolume[], stage: Stage): Promise<boolean> {
  const { screen, sync } = stage;
  const concerned = mounted.filter(({ volume }) => sync.concerns(volume));
  if (concerned.length === 0) return true;
  screen.step('Secrets', 'what the controller would keep in the cluster, with no pod mounting it');
  let areMade = true;
  for (const each of concerned) {
    const head = screen.paint.cyan(each.volume.className);
    const problems = sync.problems(each.volume);
    screen.line('');
    for (const problem of problems) screen.problem(`${head}  ${problem}`);
    const isFine = await showSecretNews(each, head, stage);
    areMade &&= isFine && problems.length === 0;
  }
  return areMade;
}

/** Prints what the files of a volume change in its Secrets, each line after `head`. Answers whether none was refused. */
export async function showSecretNews({ volume, files }: MountedVolume, head: string, stage: Stage): Promise<boolean> {
  const all = await stage.sync.sync(volume, files);
  for (const news of all) showOne(news, head, stage);
  return all.every(({ kind }) => kind !== 'refused');
}

function showOne(news: SecretNews, head: string, { screen, reveal }: Stage): void {
  const { paint } = screen;
  const valueOf = ({ data }: DesiredSecret, key: string): string | undefined => {
    const value = data.get(key);
    return value && paint.green(showValue(value.reveal(), reveal));
  };
  switch (news.kind) {
    case 'refused':
      screen.problem(`${head}  ${news.reason}`);
      return;
    case 'made': {
      const { name, type, data } = news.secret;
      screen.line(`${head}  Secret ${paint.bold(name)} ${paint.dim(type)}`);
      const keyWidth = Math.max(...[...data.keys()].map(({ length }) => length));
      for (const [index, [key, { size }]] of [...data].entries()) {
        const facts = `${`${size} B`.padStart(7)}  ${valueOf(news.secret, key) ?? ''}`;
        screen.line(`${formatBranch(index, data.size, paint)} ${key.padEnd(keyWidth)}  ${facts}`);
      }
      return;
    }
    case 'changed':
      for (const key of news.keys) {
        const before = valueOf(news.before, key) ?? paint.yellow('new');
        const after = valueOf(news.after, key) ?? paint.yellow('removed');
        screen.line(`${head}  Secret ${paint.bold(news.after.name)}  ${key}  ${before} → ${after}`);
      }
  }
}
