// Scales: times in milliseconds as ticks that people expect, values as round numbers, colours that everybody tells apart.

const S = 1000
const DAY = 86400 * S
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 2 * 86400, 4 * 86400, 8 * 86400, 16 * 86400, 32 * 86400].map((step) => step * S)
const shortDate = (t) => new Date(t).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })

/** Ticks between two times, at least `apart` pixels from each other: [{ t, label, day }]; a midnight carries its date. */
export function timeTicks(from, to, width, apart = 70) {
  const step = STEPS.find((step) => (step * width) / (to - from) >= apart) ?? STEPS.at(-1)
  const ticks = []
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
    const day = t % DAY === 0
    ticks.push({ t, day, label: day ? shortDate(t) : new Date(t).toISOString().slice(11, step < 60 * S ? 19 : 16) })
  }
  return ticks
}

/** Round numbers that reach from below `low` to above `high`, about `count` of them: { values, label }. */
export function valueTicks(low, high, count) {
  if (high === low) return valueTicks(low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(low) * 0.1 || 1), count)
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((step) => step >= rough * 0.999)
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1)
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
  const largest = Math.max(Math.abs(values[0]), Math.abs(values.at(-1)))
  const far = largest >= 1e6 || largest < 1e-3
  const decimals = Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (Math.abs(step / power - 2.5) < 1e-6 ? 1 : 0)))
  return { values, label: (value) => (far && value ? Number(value.toPrecision(3)).toExponential().replace("e+", "e") : value.toFixed(decimals)).replaceAll("-", "\u2212") }
}

// on black: told apart with any colour vision, the more so by dashes from the fifth on
const HUES = ["#8fbce8", "#f0b429", "#35b08a", "#e2672f", "#d59abf", "#e6e0cf"]
export const hue = (i) => HUES[i % HUES.length]
export const dash = (i) => [null, "6 3", "2 3"][Math.floor(i / 4) % 3]
