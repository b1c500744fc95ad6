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

const POINTS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
export const toward = (azimuth) => POINTS[Math.round(azimuth / 45) % 8]
