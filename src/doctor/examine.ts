import { checkAudiences } from './check-audiences.ts';
import { checkDriver } from './check-driver.ts';
import { checkDriverSync } from './check-driver-sync.ts';
import { checkEso } from './check-eso.ts';
import { checkInstall } from './check-install.ts';
import { checkProviders } from './check-providers.ts';
import { checkReloader } from './check-reloader.ts';
import { checkServed } from './check-served.ts';
import type { DoctorFinding } from './finding.ts';
import type { Sight } from './sight.ts';

/** Everything that stands in the way, errors first; of one severity in the order of the checks. Never throws. */
export function examine(sight: Sight): readonly DoctorFinding[] {
  const findings = [
    ...checkInstall(sight),
    ...checkDriver(sight),
    ...checkAudiences(sight),
    ...checkServed(sight),
    ...checkProviders(sight),
    ...checkDriverSync(sight),
    ...checkEso(sight),
    ...checkReloader(sight),
    ...sight.gaps,
  ];
  const order = ['error', 'warning', 'info'] as const;
  return order.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}
