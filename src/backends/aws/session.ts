/** What signs requests. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SessionOptions {
  readonly keys: AwsKeys;
  readonly region: string;
  /** Who this is at AWS, for messages: `role arn:…`. */
  readonly principal: string;
  readonly createdAtMs: number;
  /** Infinity: no known end. */
  readonly endsAtMs: number;
}

/**
 * Credentials of one identity in one region. It prints without them. The SDK signs with strings, which cannot be wiped:
 * they are dropped at their end instead.
 */
export class Session {
  readonly region: string;
  readonly principal: string;
  readonly createdAtMs: number;
  readonly endsAtMs: number;
  readonly #keys: AwsKeys;

  constructor({ keys, region, principal, createdAtMs, endsAtMs }: SessionOptions) {
    this.#keys = keys;
    this.region = region;
    this.principal = principal;
    this.createdAtMs = createdAtMs;
    this.endsAtMs = endsAtMs;
  }

  reveal(): AwsKeys {
    return this.#keys;
  }
}
