import { type ErrorCode, SecretError } from '../../core/errors.ts';

/** Whether the write was done. False: it failed with one of these codes, for somebody else was faster. */
export async function unlessRaced(write: Promise<unknown>, codes: readonly ErrorCode[]): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof SecretError && codes.includes(error.code)) return false;
    throw error;
  }
}
