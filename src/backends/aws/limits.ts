/** Bounds of the AWS backends. Times in milliseconds. */

/** One request on the wire. AWS answers within a second; what takes this long hangs. */
export const attemptTimeoutMs = 10_000;
/** One request with its retries: a mount has 100 s, in which the failover region must find its place too. */
export const callTimeoutMs = 30_000;
/** A login that callers share (a look-up of the role and up to two calls) ends by itself after this, whoever waits. */
export const loginTimeoutMs = 90_000;
/** Credentials are replaced so long before their end, or at half of a shorter life. */
export const refreshBeforeMs = 300_000;
/** Nobody who holds good credentials waits longer than this for newer ones. */
export const refreshPatienceMs = 2_000;
/** Credentials that AWS does not take although they are younger than this are not old but wrong. */
export const youngMs = 60_000;
export const maxSessions = 4_096;
/** Connections to one endpoint. */
export const maxSockets = 64;
/** Reads of one call that are under way at a time. */
export const maxParallelReads = 8;
/** What GetParameters takes. */
export const maxParametersPerCall = 10;
/** What BatchGetSecretValue takes. */
export const maxSecretsPerBatch = 20;
/** The quota of BatchGetSecretValue is 100 per second, account and region; other nodes want some of it. */
export const maxBatchesPerSecond = 50;
/** The answer of the Pod Identity agent. */
export const maxAgentAnswerBytes = 64 * 1024;
