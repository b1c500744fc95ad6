import { h, s } from "./dom.js"
import { clock, film as minutes, height } from "./words.js"
import { at } from "./film.js"

const W = 1000
const H = 200
const FLOOR_M = 1

let count = 0

/**
 * Height above ground over the film's time on a logarithmic scale, so that 10 km and 10 m both show: telemetry, and what
 * the film says with its band of error. A slider lies on it.
 */
export function profile({ readings, chapters, fixes }, video) {
  if (readings.length < 2) return null
  const end = readings.at(-1).at_s
  const highest = Math.max(...readings.map((reading) => reading.altitude_m), 10)
  const decades = Math.log10(highest * 1.4 / FLOOR_M)
  const x = (seconds) => (W * seconds) / end
  const y = (metres) => H - (H * Math.log10(Math.max(metres, FLOOR_M) / FLOOR_M)) / decades
  const line = (points) => points.map(([seconds, metres], i) => `${i ? "L" : "M"}${x(seconds).toFixed(1)} ${y(metres).toFixed(1)}`).join("")
  const path = line(readings.map((reading) => [reading.at_s, reading.altitude_m]))
  const edge = (run, sigmas) => run.map((fix) => [fix.at_s, fix.up_m + sigmas * fix.sigma_up_m])
  const band = (run) => s("path", { class: run.length > 1 ? "band" : "band alone", d: `${line([...edge(run, 1), ...edge(run, -1).reverse()])}Z` })
  const marks = []
  for (let m = 10; m <= highest; m *= 10) marks.push(m)

  const id = `past-${count++}`
  const past = s("rect", { x: 0, y: 0, width: 0, height: H })
  const head = s("line", { class: "head", y1: 0, y2: H })
  const slider = h("input", { type: "range", min: 0, max: end, step: "any", value: 0, "aria-label": "Film time" })
  slider.addEventListener("input", () => (video.currentTime = Number(slider.value)))
  const node = h("figure", { class: "profile" },
    h("div", { class: "plot" },
      s("svg", { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        s("clipPath", { id }, past),
        marks.map((m) => s("line", { class: "grid", x1: 0, x2: W, y1: y(m), y2: y(m) })),
        chapters.map((chapter) => s("line", { class: "gate", x1: x(chapter.at_s), x2: x(chapter.at_s), y1: 0, y2: H })),
        s("path", { class: "area", d: `${path}L${W} ${H}L0 ${H}Z`, "clip-path": `url(#${id})` }),
        s("path", { class: "curve", d: path }),
        fixes.map(band),
        head),
      marks.map((m) => h("span", { class: "scale", style: `top:${(100 * y(m)) / H}%` }, height(m).map((part) => String(part).replace(/\.0+$/, "")).join(" "))),
      slider),
    fixes.length > 0 && h("ul", { class: "legend" },
      ["telemetry", "camera, by its film, ± 1 σ"].map((name, i) => h("li", {}, h("i", { class: i ? "measured" : "told" }), name))),
    h("figcaption", {}, h("span", {}, clock(readings[0].utc), " UTC"), h("span", {}, "height, logarithmic"), h("span", {}, clock(readings.at(-1).utc))))
  return {
    node,
    show(seconds) {
      const now = Math.min(seconds, end)
      past.setAttribute("width", x(now))
      head.setAttribute("x1", x(now))
      head.setAttribute("x2", x(now))
      slider.value = now
      slider.setAttribute("aria-valuetext", `${minutes(now)}, height ${height(at(readings, now).altitude_m).join(" ")}`)
    },
  }
}
