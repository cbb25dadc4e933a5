/** Bounds of the Vault backend. Times in milliseconds. */

/** A body beyond it is refused unread; a mount's reply ends at 4 MiB anyway. */
export const maxAnswerBytes = 8 * 1024 * 1024;
/** One request with its retries and redirect. Parity: the official client's 60 s. */
export const requestTimeoutMs = 60_000;
/** What callers share (a login, a read) ends by itself after this, whoever waits. */
export const sharedCallTimeoutMs = 90_000;
/** Files of TLS are read again at most this often. */
export const tlsCheckMs = 5_000;
/** A pod that has not called for this long is taken to be gone. */
export const idleMs = 600_000;
export const maxPools = 256;
export const maxTokens = 4_096;
export const maxLeases = 4_096;
/** Reads of one call that are under way at a time. */
export const maxParallelReads = 8;
