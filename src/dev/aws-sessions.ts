import type { Clock } from '../platform/clock.ts';

/** What STS answers a login with. */
export interface AwsSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresMs: number;
}

/** How long the credentials of a login live. */
export const awsSessionSeconds = 3600;

export interface AwsSessionsDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** Hexadecimal text of that many random bytes. */
  readonly random: (bytes: number) => string;
}

/** The credentials that the AWS-shaped store has given out. */
export class AwsSessions {
  readonly #deps: AwsSessionsDeps;
  readonly #sessions = new Map<string, AwsSession>();

  constructor(deps: AwsSessionsDeps) {
    this.#deps = deps;
  }

  open(): AwsSession {
    const { clock, random } = this.#deps;
    const session = {
      accessKeyId: `ASIA${random(8).toUpperCase()}`,
      secretAccessKey: random(20),
      sessionToken: random(32),
      expiresMs: clock.now() + awsSessionSeconds * 1000,
    };
    this.#sessions.set(session.accessKeyId, session);
    return session;
  }

  /** What AWS would say about a request that is signed with them. */
  check(accessKeyId: string, sessionToken: string): 'valid' | 'expired' | 'unknown' {
    const session = this.#sessions.get(accessKeyId);
    if (session?.sessionToken !== sessionToken) return 'unknown';
    return session.expiresMs > this.#deps.clock.now() ? 'valid' : 'expired';
  }
}
