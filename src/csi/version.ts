import type { VersionResponse } from '../gen/v1alpha1/service.ts';

/** By this name two generations of lockstep know each other on one socket. */
export const runtimeName = 'lockstep';

/** The answer to Version. The driver only logs it. */
export function toVersionResponse(runtimeVersion: string): VersionResponse {
  return { version: 'v1alpha1', runtimeName, runtimeVersion };
}
