/** Amounts of data for people. */

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB']

/** Bytes in decimal units, as registries and disks count: `812 B`, `9.4 kB`, `61 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  let [value, unit] = [bytes / 1000, 0]
  // 999.5 would be shown as 1000 of its unit.
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}
