// Numbers and times as people read them. Times come as UTC ISO strings and stay UTC.

const THIN = "\u202f"
const MINUS = "\u2212"

export const grouped = (n) =>
  typeof n === "number" && Number.isInteger(n)
    ? (n < 0 ? MINUS : "") + String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, THIN)
    : String(n).replace(/^-(?=\d)/, MINUS)

const date = (month) => (utc) =>
  new Date(utc).toLocaleDateString("en-GB", { day: "numeric", month, year: "numeric", timeZone: "UTC" })
export const day = date("long")
export const shortDay = date("short")

export const clock = (utc) => utc.slice(11, 19)

/** Time from an epoch: "−00:11:40", "+3 d 01:07". */
export function since(utc, epoch) {
  const seconds = Math.round((Date.parse(utc) - Date.parse(epoch)) / 1000)
  const sign = seconds < 0 ? MINUS : "+"
  const two = (n) => String(Math.floor(n)).padStart(2, "0")
  const all = Math.abs(seconds)
  const hours = two((all % 86400) / 3600)
  const minutes = two((all % 3600) / 60)
  return all >= 86400
    ? `${sign}${Math.floor(all / 86400)} d ${hours}:${minutes}`
    : `${sign}${hours}:${minutes}:${two(all % 60)}`
}

export const film = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`

/** A height with three figures and the unit that suits it. */
export function height(metres) {
  const m = Math.max(0, metres)
  if (m >= 1000) return [(m / 1000).toFixed(m >= 10000 ? 1 : 2), "km"]
  return [m >= 100 ? m.toFixed(0) : m.toFixed(1), "m"]
}

/** An angle in degrees with so many decimals. */
export const degrees = (value, decimals) => `${(Math.abs(value) < 0.5 / 10 ** decimals ? 0 : value).toFixed(decimals).replace("-", MINUS)}°`

/** What stands below a caption: how wrong the thing above it is. */
export const wrong = (error) => (error ? ["How wrong: ", error] : [])

const POINTS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
export const toward = (azimuth, north) => (north ? POINTS[Math.round(azimuth / 45) % 8] : `to azimuth ${degrees(azimuth, 0)}`)

/** A value with four figures. */
export function figures(value) {
  const size = Math.abs(value)
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2).replace("e+", "e").replaceAll("-", MINUS)
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "").replace("-", MINUS)
}

/** Milliseconds as "3 Jan 2019, 02:26:18 UTC". */
export function moment(t) {
  const utc = new Date(t).toISOString()
  return `${shortDay(utc)}, ${clock(utc)} UTC`
}

/** From and to in milliseconds: "3 Jan 2019, 02:14:50 – 02:20:09 UTC", or without the seconds. */
export function between(from, to, exact = true) {
  if (to === from) return moment(from)
  const [a, b] = [new Date(from).toISOString(), new Date(to).toISOString()]
  const time = (utc) => clock(utc).slice(0, exact ? 8 : 5)
  const day = a.slice(0, 10) === b.slice(0, 10) ? "" : `${shortDay(b)}, `
  return `${shortDay(a)}, ${time(a)} – ${day}${time(b)} UTC`
}

/** How long, in the two largest units: "5 min 19 s", "2 d 3 h". */
export function lasting(ms) {
  const seconds = Math.round(ms / 100) / 10
  if (seconds < 60) return `${seconds} s`
  const whole = Math.round(seconds)
  const parts = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]]
  const first = parts.findIndex(([n]) => n > 0)
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map((part) => part.join(" ")).join(" ")
}
