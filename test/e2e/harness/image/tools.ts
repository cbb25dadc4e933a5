import { execFileSync } from 'node:child_process';

/** Programs of Debian that build and run the image. */
const programs = ['buildah', 'mmdebstrap', 'runc'];

/**
 * What the image's tests need and this machine lacks: a reason to skip them, or none. In CI nothing is skipped: throws with the
 * packages to install.
 */
export function whyNoImage(): string | undefined {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const reason = `needs ${missing.join(', ')}: apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.env['CI'] === 'true') throw new Error(`the image ${reason}; in CI nothing is skipped`);
  return reason;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
