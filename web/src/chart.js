import { dash, hue, timeTicks, valueTicks } from "./axis.js"
import { h, s } from "./dom.js"
import { figures, moment } from "./words.js"

const HIGH = 230
const TOP = 12
const BOTTOM = 26
const STEPS = 100 // of the cross-hair, by arrow keys

let drawn = ""

/** Telemetry of an instrument over time. */
export function charts(place, { charts: list, epoch_utc }) {
  const key = JSON.stringify(list)
  if (key === drawn) return
  drawn = key
  const full = list.filter((chart) => chart.series.some((line) => line.values.some((value) => value !== null)))
  if (!full.length) return place.replaceChildren()
  place.replaceChildren(
    h("h2", { id: "charts-h" }, "Telemetry"),
    h("p", { class: "note" }, "Times are UTC. Point at a chart, or step through it with the arrow keys, to read its values."),
    h("div", { class: "charts" }, full.map((chart) => drawing(chart, epoch_utc))))
}

function drawing({ title, unit, text, start_utc, series }, epoch) {
  const start = Date.parse(start_utc)
  const all = series.flatMap((line) => line.values).filter((value) => value !== null)
  const times = series.flatMap((line) => [line.t[0], line.t.at(-1)]).filter((t) => t !== undefined)
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const end = Math.max(...times, 1)
  const { values: levels, label } = valueTicks(low, high, 4)
  const withUnit = (value) => `${figures(value)}${unit && ` ${unit}`}`
  const range = (line) => {
    const values = line.values.filter((value) => value !== null)
    const [least, most] = [figures(Math.min(...values)), withUnit(Math.max(...values))]
    return values.length === 0 ? "no values" : most === withUnit(Math.min(...values)) ? most : `${least} … ${most}`
  }

  const svg = s("svg", { "aria-hidden": "true" })
  const spoken = h("p", { class: "unseen", "aria-live": "polite" })
  const time = h("span", { class: "n" })
  const readings = series.map(() => h("b", { class: "n" }))
  const legend = h("ul", { class: "legend" }, series.map((line, i) =>
    h("li", {},
      s("svg", { viewBox: "0 0 22 8", "aria-hidden": "true" }, s("path", { d: "M0 4h22", stroke: hue(i), "stroke-dasharray": dash(i) })),
      h("span", {}, line.name), readings[i])))
  const plot = h("div", {
    class: "chart", tabindex: 0, role: "application", "aria-roledescription": "chart",
    "aria-label": `${title}: ${series.map((line) => `${line.name} ${range(line)}`).join(", ")}, from ${moment(start)} to ${moment(start + end * 1000)}. Arrow keys read values.`,
  }, svg)

  let width = 0
  let left = 0
  const x = (t) => left + ((width - left) * t) / end
  const y = (value) => TOP + ((HIGH - TOP - BOTTOM) * (levels.at(-1) - value)) / (levels.at(-1) - levels[0])
  const cross = s("g", { class: "cross" })

  const draw = () => {
    width = plot.clientWidth
    left = 12 + 7 * Math.max(...levels.map((level) => label(level).length))
    const ticks = timeTicks(start, start + end * 1000, width - left).map((tick) => ({ ...tick, x: x((tick.t - start) / 1000) }))
    svg.setAttribute("viewBox", `0 0 ${width} ${HIGH}`)
    svg.replaceChildren(
      ...levels.flatMap((level) => [
        s("line", { class: "grid", x1: left, x2: width, y1: y(level), y2: y(level) }),
        s("text", { class: "level", x: left - 8, y: y(level) + 4 }, label(level))]),
      ...ticks.flatMap((tick) => [
        s("line", { class: "tick", x1: tick.x, x2: tick.x, y1: HIGH - BOTTOM, y2: HIGH - BOTTOM + 5 }),
        tick.x > left + 8 && tick.x < width - 16 && s("text", { class: tick.day ? "day" : "", x: tick.x, y: HIGH - 6 }, tick.label)]).filter(Boolean),
      ...zero(),
      ...series.flatMap(dots),
      ...series.map((line, i) => s("path", { class: "line", d: path(line), stroke: hue(i), "stroke-dasharray": dash(i) })),
      cross)
  }
  const zero = () => {
    const t = (Date.parse(epoch) - start) / 1000
    return t > 0 && t < end ? [s("line", { class: "zero", x1: x(t), x2: x(t), y1: TOP, y2: HIGH - BOTTOM })] : []
  }
  const path = ({ t, values }) => values.map((value, i) => (value === null ? "" :
    `${i === 0 || values[i - 1] === null ? "M" : "L"}${x(t[i]).toFixed(1)} ${y(value).toFixed(1)}`)).join("")
  // a value between two gaps has no line
  const dots = ({ t, values }, i) => values.flatMap((value, n) =>
    value !== null && (values[n - 1] ?? null) === null && (values[n + 1] ?? null) === null ? [s("circle", { cx: x(t[n]), cy: y(value), r: 2.5, fill: hue(i) })] : [])

  let at = null
  const point = (seconds) => {
    at = seconds === null ? null : Math.min(Math.max(seconds, 0), end)
    const near = series.map((line) => (at === null ? null : nearest(line, at, end)))
    time.textContent = at === null ? "" : moment(start + at * 1000)
    readings.forEach((node, i) => (node.textContent = at === null ? range(series[i]) : near[i] === null ? "–" : withUnit(series[i].values[near[i]])))
    cross.replaceChildren(...(at === null ? [] : [
      s("line", { x1: x(at), x2: x(at), y1: TOP, y2: HIGH - BOTTOM }),
      ...near.flatMap((n, i) => (n === null ? [] : [s("circle", { cx: x(series[i].t[n]), cy: y(series[i].values[n]), r: 4, fill: hue(i) })]))]))
  }
  const under = (event) => ((event.clientX - plot.getBoundingClientRect().left - left) / (width - left)) * end
  for (const name of ["pointermove", "pointerdown"]) plot.addEventListener(name, (event) => point(under(event)))
  plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(null))
  plot.addEventListener("blur", () => point(null))
  plot.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: (at ?? end) - end / STEPS, ArrowRight: (at ?? 0) + end / STEPS, Home: 0, End: end, Escape: null }[event.key]
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    point(to)
    spoken.textContent = at === null ? "" : `${moment(start + at * 1000)}: ${series.map((line, i) => `${line.name} ${readings[i].textContent}`).join(", ")}`
  })
  new ResizeObserver(() => {
    draw()
    point(at)
  }).observe(plot)
  point(null)
  return h("figure", {},
    h("figcaption", {}, h("h3", {}, title), text && h("p", {}, text)),
    h("p", { class: "unit" }, h("span", {}, unit), time),
    plot, legend, spoken)
}

/** Index of the value next to a time, null where there is none near. */
function nearest({ t, values }, at, end) {
  let best = null
  for (let i = 0; i < t.length; i++) {
    if (values[i] !== null && (best === null || Math.abs(t[i] - at) < Math.abs(t[best] - at))) best = i
  }
  return best !== null && Math.abs(t[best] - at) <= end / 40 ? best : null
}
