const date = /^(\d{4})-(\d\d?)-(\d\d?)/;
/** After the date. Spaces go without a zone, `T` with one. */
const time = /^(?: +(?!.*[Z+-])|[Tt](?=.*[Z+-]))(\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?$/;

/**
 * What JSON shows for a plain scalar that Go's yaml.v3 takes for a date, in RFC 3339; undefined: it is none.
 * Parity: the four forms that yaml.v3 tries, and time.MarshalJSON.
 */
export function toGoTimestamp(text: string): string | undefined {
  const [start, year = '', month = '', day = ''] = date.exec(text) ?? [];
  if (start === undefined || !isDay(Number(year), Number(month), Number(day))) return undefined;
  const clock = start === text ? '00:00:00Z' : toClock(text.slice(start.length));
  return clock === undefined ? undefined : `${year}-${pad(month)}-${pad(day)}T${clock}`;
}

function toClock(text: string): string | undefined {
  const [match, hour = '', minute = '', second = '', fraction = '', zone] = time.exec(text) ?? [];
  const offset = toOffset(zone);
  if (match === undefined || offset === undefined) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const nanoseconds = fraction.slice(0, 9).replace(/0+$/, '');
  return `${[hour, minute, second].map(pad).join(':')}${nanoseconds === '' ? '' : `.${nanoseconds}`}${offset}`;
}

function isDay(year: number, month: number, day: number): boolean {
  // Day 0 of the next month is the last of this one; 400 years later the calendar is the same and the year has four digits.
  const lastDay = new Date(Date.UTC(year + 400, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
}

function toOffset(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === 'Z') return 'Z';
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  // Go reads offsets up to 24:60 and fails to write those of a day and more.
  if (Number(zone.slice(4)) > 60 || minutes >= 24 * 60) return undefined;
  if (minutes === 0) return 'Z';
  return `${zone.charAt(0)}${pad(String(Math.floor(minutes / 60)))}:${pad(String(minutes % 60))}`;
}

function pad(number: string): string {
  return number.padStart(2, '0');
}
