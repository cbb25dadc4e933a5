import { formatDuration, parseGoDuration } from '../core/duration.ts';
import type { Fields } from './fields.ts';

/** `spec.interval` for what an ExternalSecret says about refreshing. */
export function readInterval(spec: Fields): string {
  const policy = spec.text('refreshPolicy');
  const text = spec.text('refreshInterval');
  spec.refuse('syncWindows', {
    severity: 'warning',
    rule: 'refresh',
    message:
      'is not carried over: values are refreshed at any time; spec.rollout.windows limits when workloads are restarted',
  });
  if (policy === 'CreatedOnce') {
    spec.remark('refreshPolicy', {
      severity: 'warning',
      rule: 'refresh',
      message:
        'is CreatedOnce: interval 0s still follows changes of the manifests; set suspend: true once the Secret is there',
    });
  }
  if (policy === 'CreatedOnce' || policy === 'OnChange') return '0s';
  // Parity: an hour unless said otherwise.
  return text === '' ? '1h' : toInterval(text, spec);
}

function toInterval(text: string, spec: Fields): string {
  const ms = parseGoDuration(text);
  if (ms === undefined) {
    spec.remark('refreshInterval', { rule: 'refresh', message: 'is no duration such as 1h; an hour is assumed' });
    return '1h';
  }
  if (ms > 0 && ms < 1000) {
    spec.remark('refreshInterval', { severity: 'warning', rule: 'refresh', message: 'is less than 1s, which is used' });
    return '1s';
  }
  return formatDuration(Math.round(ms / 1000) * 1000);
}
