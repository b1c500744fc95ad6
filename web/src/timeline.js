import { hue, timeTicks } from "./axis.js"
import { h, s } from "./dom.js"
import { lanesOf, merged, stem } from "./lanes.js"
import { between, clock, lasting, shortDay, since } from "./words.js"

const BAR = 14 // height of a span, pixels
const LEVEL = 18 // from one span to the one drawn below it
const GAP = 12 // between lanes
const NAMES = 3 // rows of event names
const LETTER = 6.4 // width of a letter, pixels
const SHORTEST_MS = 5000 // that the strip can show from edge to edge

let drawn = ""
let view = null // [from, to] in ms while it is zoomed in

/** The whole flight as a strip: events above, a lane for each thing that lasted below. */
export function timeline(place, { events, lanes, epoch_utc }) {
  const key = JSON.stringify([events, lanes, epoch_utc])
  if (key === drawn) return
  drawn = key
  place.replaceChildren()
  const rows = lanesOf(events, lanes)
  if (rows.every((row) => row.items.length < 2)) return
  const kinds = [...new Set(rows.flatMap((row) => row.items.map((item) => item.kind)).filter(Boolean))]
  place.append(
    h("h2", { id: "timeline-h" }, "The flight at a glance"),
    h("p", { class: "note with-mouse" }, "Drag to move; the wheel with Ctrl zooms, and without once the strip is chosen. Arrow keys step from entry to entry, + and − zoom, 0 shows the whole flight."),
    h("p", { class: "note with-finger" }, "Drag to move, pinch to zoom, tap to read."),
    strip(rows, kinds, epoch_utc),
    list(rows))
}

function strip(rows, kinds, epoch) {
  const items = rows.flatMap((row) => row.items)
  const [first, last] = [Math.min(...items.map((item) => item.from)), Math.max(...items.map((item) => item.to))]
  const margin = Math.max((last - first) * 0.015, 1000)
  const whole = [first - margin, last + margin]
  let [from, to] = view ?? whole
  let width = 0
  let left = 0
  let bars = [] // what is drawn: { row, x0, x1, y0, y1, items }
  let chosen = null // { row, index }: the entry that arrow keys go on from
  let waiting = false

  const svg = s("svg", { "aria-hidden": "true" })
  const tip = h("div", { class: "tip", hidden: true })
  const spoken = h("p", { class: "unseen", "aria-live": "polite" })
  const range = h("p", { class: "range n" })
  const thumb = h("i", {})
  const field = h("div", {
    class: "field", tabindex: 0, role: "application", "aria-roledescription": "timeline",
    "aria-label": `Timeline of the flight, ${between(first, last)}: ${rows.map((row) => `${row.name} ${row.items.length}`).join(", ")}. Left and right arrow go from entry to entry, up and down from lane to lane, plus and minus zoom, 0 shows all.`,
  }, svg, tip)
  const button = (label, sign, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, sign)
  const x = (t) => left + ((width - left) * (t - from)) / (to - from)
  const timeAt = (px) => from + ((px - left) / (width - left)) * (to - from)

  function show(a, b) {
    const length = Math.min(Math.max(b - a, SHORTEST_MS), whole[1] - whole[0])
    const middle = (a + b) / 2
    from = Math.min(Math.max(middle - length / 2, whole[0]), whole[1] - length)
    to = from + length
    view = length < whole[1] - whole[0] ? [from, to] : null
    if (!waiting) requestAnimationFrame(draw)
    waiting = true
  }
  const zoom = (factor, t = (from + to) / 2) => show(t - (t - from) * factor, t + (to - t) * factor)
  const pan = (ms) => show(from + ms, to + ms)

  function draw() {
    waiting = false
    width = field.clientWidth
    const wide = width > 640
    left = wide ? Math.min(200, 24 + LETTER * 1.12 * Math.max(...rows.map((row) => row.name.length))) : 0
    const ticks = timeTicks(from, to, width - left)
    const back = []
    const front = []
    const names = []
    bars = []
    let y = 6
    for (const row of rows) {
      const label = wide ? 0 : 18
      const top = y + label
      const rowBars = merged(row, x, [left, width])
      names.push(s("text", { class: "lane", x: 0, y: wide ? (row.points ? top + LEVEL * NAMES + 11 : top + 11) : y + 12 }, row.name))
      if (row.points) {
        pins(rowBars, top, front)
        y = top + LEVEL * NAMES + 20
      } else {
        for (const bar of rowBars) span(bar, top, front)
        y = top + LEVEL * (row.levels - 1) + BAR + GAP
      }
      back.push(s("line", { class: "grid", x1: 0, x2: width, y1: y - GAP / 2, y2: y - GAP / 2 }))
      for (const bar of rowBars) bars.push({ ...bar, row })
    }
    const high = y + 24
    const stand = ticks.flatMap((tick) => [
      s("line", { class: tick.day ? "tick day" : "tick", x1: x(tick.t), x2: x(tick.t), y1: 0, y2: y }),
      x(tick.t) > left + 14 && x(tick.t) < width - 18 && s("text", { class: tick.day ? "day" : "", x: x(tick.t), y: y + 16 }, tick.label)]).filter(Boolean)
    const zero = epoch ? Date.parse(epoch) : NaN
    if (zero > from && zero < to) stand.push(s("line", { class: "zero", x1: x(zero), x2: x(zero), y1: 0, y2: y }))
    svg.setAttribute("viewBox", `0 0 ${width} ${high}`)
    svg.style.height = `${high}px`
    svg.replaceChildren(
      s("clipPath", { id: "strip" }, s("rect", { x: left, y: 0, width: Math.max(0, width - left), height: high })),
      ...back, s("g", { "clip-path": "url(#strip)" }, stand, front), ...names)
    range.textContent = between(Math.max(from, first), Math.min(to, last), to - from < 12 * 3600e3)
    thumb.style.left = `${(100 * (from - whole[0])) / (whole[1] - whole[0])}%`
    thumb.style.width = `${(100 * (to - from)) / (whole[1] - whole[0])}%`
    if (chosen) point(bars.find((bar) => bar.items.includes(chosen.row.items[chosen.index])))
  }

  /** Events: a pin each, several in one place as a number; names where there is room. */
  function pins(rowBars, top, into) {
    const foot = top + LEVEL * NAMES + 6
    const free = Array(NAMES).fill(-1e9)
    const words = []
    rowBars.forEach((bar) => {
      const at = (bar.x0 + bar.x1) / 2
      const many = bar.items.length > 1
      const label = many ? `${bar.items.length} events` : bar.items[0].name
      const long = label.length * LETTER + 10
      const turned = at + long > width
      const start = turned ? at - long : at
      const level = free.findIndex((end) => end + 6 < start)
      Object.assign(bar, { x0: at - 7, x1: at + 7, y0: foot - 7, y1: foot + 7 })
      if (level >= 0 && at >= left && at <= width) {
        free[level] = start + long
        const y = top + LEVEL * (NAMES - 1 - level) + 10
        into.push(s("line", { class: "stem", x1: at, x2: at, y1: y - 8, y2: foot }))
        words.push(s("text", { class: "pin", x: turned ? at - 5 : at + 5, y, "text-anchor": turned ? "end" : "start" }, label))
        bar.label = { x0: start, x1: start + long, y0: y - 10, y1: y + 4 }
      }
      into.push(s("circle", { class: many ? "pin many" : "pin", cx: at, cy: foot, r: many ? 7 : 4.5 }))
      if (many) words.push(s("text", { class: "count", x: at, y: foot + 3.5 }, bar.items.length))
    })
    into.push(...words)
  }

  function span(bar, top, into) {
    const y = top + LEVEL * bar.level
    const [a, b] = [Math.max(bar.x0, left - 4), Math.min(bar.x1, width + 4)]
    Object.assign(bar, { y0: y, y1: y + BAR })
    into.push(s("rect", { class: "span", x: a, y, width: b - a > 5 ? b - a - 1 : Math.max(b - a, 3), height: BAR, rx: b - a > 6 ? 2 : 0, fill: hue(Math.max(0, kinds.indexOf(bar.items[0].kind))) }))
    const room = Math.min(b, width) - Math.max(a, left) - 8
    const texts = [gathered(bar.items), bar.items.length > 1 && String(bar.items.length)]
    const text = texts.find((text) => text && text.length * LETTER < room)
    if (text) into.push(s("text", { class: "inside", x: Math.max(a, left) + 5, y: y + 11 }, text))
  }

  /** The bar under a place, or the nearest one within a finger's width. */
  function under(event, reach) {
    const box = field.getBoundingClientRect()
    const [px, py] = [event.clientX - box.left, event.clientY - box.top]
    let best = null
    let nearest = reach
    for (const bar of bars) {
      for (const { x0, x1, y0, y1 } of [bar, bar.label].filter(Boolean)) {
        const far = Math.hypot(Math.max(x0 - px, 0, px - x1), Math.max(y0 - py, 0, py - y1))
        if (far < nearest) [best, nearest] = [bar, far]
      }
    }
    return best
  }

  function point(bar) {
    svg.querySelector(".ring")?.remove()
    tip.hidden = !bar
    if (!bar) return
    const [a, b] = [Math.max(bar.x0, left), Math.min(bar.x1, width)]
    svg.append(s("rect", { class: "ring", x: a - 3, y: bar.y0 - 3, width: Math.max(b - a, 2) + 6, height: bar.y1 - bar.y0 + 6, rx: 4 }))
    tip.replaceChildren(...told(bar, epoch))
    const room = tip.offsetWidth
    tip.style.left = `${Math.min(Math.max((a + b) / 2 - room / 2, 0), Math.max(0, width - room))}px`
    tip.style.top = `${bar.y1 + 10}px`
  }

  /** Choose an entry by keyboard: bring it into view, show and say it. */
  function choose(row, index) {
    chosen = { row, index }
    const item = row.items[index]
    if (item.to < from || item.from > to) pan((item.from + item.to) / 2 - (from + to) / 2)
    draw()
    spoken.textContent = `${row.name}, ${index + 1} of ${row.items.length}: ${item.name}, ${between(item.from, item.to)}${item.to > item.from ? `, ${lasting(item.to - item.from)}` : ""}. ${item.text}`
  }
  function step(by) {
    if (!chosen) return choose(filled[0], Math.max(0, filled[0].items.findIndex((item) => item.to >= from)))
    choose(chosen.row, Math.min(Math.max(chosen.index + by, 0), chosen.row.items.length - 1))
  }
  function change(by) {
    if (!chosen) return step(0)
    const row = filled[Math.min(Math.max(filled.indexOf(chosen.row) + by, 0), filled.length - 1)]
    const now = chosen.row.items[chosen.index].from
    const near = row.items.reduce((best, item, i) => (Math.abs(item.from - now) < Math.abs(row.items[best].from - now) ? i : best), 0)
    choose(row, near)
  }
  const filled = rows.filter((row) => row.items.length)
  const centre = () => {
    const item = chosen && chosen.row.items[chosen.index]
    const at = item && (item.from + item.to) / 2
    return at > from && at < to ? at : undefined
  }
  const fit = (some) => {
    const [a, b] = [Math.min(...some.map((item) => item.from)), Math.max(...some.map((item) => item.to))]
    const around = Math.max((b - a) * 0.3, SHORTEST_MS)
    show(a - around, b + around)
  }
  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => change(-1), ArrowDown: () => change(1),
    "+": () => zoom(0.5, centre()), "=": () => zoom(0.5, centre()), "-": () => zoom(2, centre()),
    0: () => show(...whole), Enter: () => chosen && fit([chosen.row.items[chosen.index]]),
    Escape: () => { chosen = null; point(null) },
  }
  field.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (event.shiftKey && event.key.startsWith("Arrow")) pan((to - from) * (event.key === "ArrowLeft" ? -0.25 : 0.25))
    else keys[event.key]()
  })

  // the wheel scrolls the page until the strip is chosen; to the side it always moves the strip
  field.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!sideways && !event.ctrlKey && document.activeElement !== field) return
    event.preventDefault()
    if (sideways) return pan(((event.deltaX || event.deltaY) / (width - left)) * (to - from))
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.006), timeAt(event.clientX - field.getBoundingClientRect().left))
  }, { passive: false })

  const fingers = new Map()
  let moved = false
  field.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return
    fingers.set(event.pointerId, event.clientX)
    moved = fingers.size > 1
    field.setPointerCapture(event.pointerId)
  })
  field.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return event.pointerType === "mouse" && !chosen && point(under(event, 8))
    const before = [...fingers.values()]
    const by = event.clientX - fingers.get(event.pointerId)
    if (!moved && Math.abs(by) < 5) return
    moved = true
    fingers.set(event.pointerId, event.clientX)
    const after = [...fingers.values()]
    const perPixel = (to - from) / (width - left)
    if (after.length < 2) return pan(-by * perPixel)
    const apart = ([a, b]) => Math.max(20, Math.abs(a - b))
    zoom(apart(before) / apart(after), timeAt((after[0] + after[1]) / 2 - field.getBoundingClientRect().left))
  })
  field.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId)
    if (moved) return
    const bar = under(event, event.pointerType === "mouse" ? 8 : 20)
    const again = bar && chosen && bar.items.includes(chosen.row.items[chosen.index])
    chosen = bar && { row: bar.row, index: bar.row.items.indexOf(bar.items[0]) }
    point(bar)
    // where several stand in one place, a second tap opens them
    if (bar?.items.length > 1 && (again || event.pointerType === "mouse")) {
      chosen = null
      point(null)
      fit(bar.items)
    }
  })
  field.addEventListener("pointercancel", (event) => fingers.delete(event.pointerId))
  field.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && !chosen && point(null))
  field.addEventListener("blur", () => { chosen = null; point(null) })
  new ResizeObserver(draw).observe(field)

  return h("div", { class: "strip" },
    h("div", { class: "above" }, range,
      h("div", { class: "zoom" }, button("Zoom out", "−", () => zoom(2, centre())), button("Zoom in", "+", () => zoom(0.5, centre())),
        button("Show the whole flight", "whole flight", () => show(...whole)))),
    field,
    h("div", { class: "track", "aria-hidden": "true" }, thumb),
    kinds.length > 1 && h("ul", { class: "legend" }, kinds.map((kind, i) => h("li", {}, h("i", { style: `background:${hue(i)}` }), kind))),
    spoken)
}

/** One name for what is drawn as one: "60 × TCAM", or how many they are. */
function gathered(items) {
  if (items.length === 1) return items[0].name
  const first = stem(items[0].name)
  return items.every((item) => stem(item.name) === first) ? `${items.length} × ${first}` : String(items.length)
}

/** What the box beside a bar says. */
function told({ items, row }, epoch) {
  const one = items[0]
  const count = (utc) => (epoch ? ` (${since(utc, epoch)})` : "")
  if (items.length === 1) {
    return [
      h("b", {}, one.name),
      h("span", { class: "n" }, between(one.from, one.to), one.to > one.from ? "" : count(new Date(one.from).toISOString())),
      !row.points && h("span", {}, [row.name, one.kind, one.to > one.from && lasting(one.to - one.from)].filter(Boolean).join(" · ")),
      one.text && h("span", {}, one.text),
    ].filter(Boolean)
  }
  const alike = gathered(items).includes("×")
  return [
    h("b", {}, alike ? gathered(items) : row.points ? `${items.length} events` : `${row.name}: ${items.length}`),
    h("span", { class: "n" }, between(one.from, Math.max(...items.map((item) => item.to)))),
    ...(alike ? [] : items.slice(0, 5).map((item) => h("span", { class: "n" }, `${clock(new Date(item.from).toISOString())}  ${item.name}`))),
    h("span", { class: "dim" }, "zoom in to tell them apart"),
  ]
}

/** The same as a table, for those who would rather read; made when it is opened. */
function list(rows) {
  const node = h("details", { class: "aslist" }, h("summary", {}, "Read it as a list"))
  node.addEventListener("toggle", () => {
    if (!node.open || node.childElementCount > 1) return
    const entry = (row, item) => h("tr", {},
      h("th", { scope: "row" }, item.name), h("td", {}, row.name),
      h("td", {}, `${shortDay(new Date(item.from).toISOString())}, ${clock(new Date(item.from).toISOString())}`),
      h("td", {}, item.to > item.from ? lasting(item.to - item.from) : ""))
    const all = rows.flatMap((row) => row.items.map((item) => [row, item])).sort(([, a], [, b]) => a.from - b.from)
    node.append(h("div", { class: "scroll", role: "region", "aria-label": "Timeline as a list", tabindex: 0 },
      h("table", {},
        h("thead", {}, h("tr", {}, ["what", "lane", "from, UTC", "for"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, all.map(([row, item]) => entry(row, item))))))
  })
  return node
}
