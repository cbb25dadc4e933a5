/** Parity: strconv.FormatFloat(value, 'g', -1, 32), by which Go's YAML to JSON converter turns fractions into text. */
export function formatGoFloat32(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return Number.isNaN(single) ? 'NaN' : single > 0 ? '+Inf' : '-Inf';
  if (single === 0) return Object.is(single, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = ''] = shortest(single).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return toPlain(mantissa, exponent);
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** The fewest digits that still mean this 32-bit number: `1.2345679e+23`. */
function shortest(single: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return text;
  }
  return single.toExponential(8);
}

function toPlain(mantissa: string, exponent: number): string {
  const digits = mantissa.replace(/^-?\d\.?/, '').length;
  return Number(`${mantissa}e${exponent}`).toFixed(Math.max(digits - exponent, 0));
}
