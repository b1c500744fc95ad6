// The timeline's rows, and which of their entries are drawn as one because they would lie on each other.

const LEVELS = 4 // spans of a lane that overlap in time lie below each other, but not more than this
const CROWDED = 5 // px: narrower spans beside each other become one
const PIN = 13 // px: events closer than this become one

/** Rows of { name, points, levels, items: [{ from, to (ms), name, kind, text, level }] }, items in order of time. */
export function lanesOf(events, lanes) {
  const points = events.map((event) => {
    const t = Date.parse(event.utc)
    return { from: t, to: t, name: event.name, kind: "", text: event.text, level: 0 }
  })
  const rows = lanes.map((lane) => {
    const items = lane.spans.map((span) => ({
      from: Date.parse(span.start_utc), to: Math.max(Date.parse(span.start_utc), Date.parse(span.end_utc)), name: span.name, kind: span.kind, text: "",
    }))
    const ends = []
    for (const item of items) {
      const free = ends.findIndex((end) => end <= item.from)
      item.level = free >= 0 ? free : Math.min(ends.length, LEVELS - 1)
      ends[item.level] = Math.max(ends[item.level] ?? item.to, item.to)
    }
    return { name: lane.name, points: false, levels: Math.max(ends.length, 1), items }
  })
  return points.length ? [{ name: "Events", points: true, levels: 1, items: points }, ...rows] : rows
}

/** What of a row is drawn between the edges: [{ x0, x1 (px), level, items }]; what would lie on each other is one. */
export function merged(row, x, [left, right]) {
  const bars = []
  const lastOn = {} // level -> its last bar
  for (const item of row.items) {
    const [x0, x1] = [x(item.from), Math.max(x(item.to), x(item.from) + (row.points ? 0 : 3))]
    if (x1 < left || x0 > right) continue
    const last = lastOn[item.level]
    const joins = last && (row.points
      ? x0 - last.x0 < PIN
      : x0 - last.x1 < 1.5 && x1 - x0 < CROWDED && last.widest < CROWDED && last.items[0].kind === item.kind)
    if (joins) {
      last.items.push(item)
      last.x1 = Math.max(last.x1, x1)
      last.widest = Math.max(last.widest, x1 - x0)
    } else {
      lastOn[item.level] = { x0, x1, widest: x1 - x0, level: item.level, items: [item] }
      bars.push(lastOn[item.level])
    }
  }
  return bars
}

/** A name without its running number: "TCAM 12" is one of "TCAM". */
export const stem = (name) => name.replace(/[\s#-]*\d+([.:,]\d+)*°?$/, "") || name
