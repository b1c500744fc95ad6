import { h, s } from "./dom.js"
import { at } from "./film.js"
import { height } from "./words.js"

const R = 100 // half of the map, in its own units
const SCALES_M = [2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6] // radius of the ring

const short = (metres) => height(metres).map((part) => String(part).replace(/\.0+$/, "")).join(" ")

/** The way down seen from above, north up, the landing point in the middle; the scale grows as the lander comes near. */
export function track({ readings, fixes, landing }) {
  if (readings.length < 2 || readings[0].east_m === null) return null
  let ring = 0
  const unit = () => (0.8 * R) / ring
  const line = (records) => records.map(({ east_m, north_m }, i) => `${i ? "L" : "M"}${(east_m * unit()).toFixed(2)} ${(-north_m * unit()).toFixed(2)}`).join("")
  const way = s("path", { class: "curve" })
  const measured = s("path", { class: "measured" })
  const alone = s("path", { class: "measured alone" })
  const error = s("ellipse", { class: "error" })
  const spot = s("ellipse", { class: "spot" })
  const here = s("circle", { class: "here", r: 3.5 })
  const named = h("span", {})
  const svg = s("svg", { viewBox: `${-R} ${-R} ${2 * R} ${2 * R}`, role: "img", "aria-label": "The way over the ground, north up, towards the landing point in the middle." },
    s("circle", { class: "grid", r: 0.8 * R }), s("path", { class: "grid", d: `M${-R} 0H${R}M0 ${-R}V${R}` }),
    s("text", { y: -0.83 * R }, "N"),
    way, measured, alone, error, spot, s("path", { class: "aim", d: "M-4 -4L4 4M-4 4L4 -4" }), here)
  const known = landing && `landing point ± ${landing.major_m.toFixed(2)} × ${landing.minor_m.toFixed(2)} m (1\u00a0σ)`
  return {
    node: h("figure", { class: "overhead" }, svg, h("figcaption", {}, named, known && h("span", {}, known))),
    show(seconds) {
      const now = at(readings, seconds)
      // what the camera sees shrinks with height, and so does what matters
      const far = Math.max(Math.hypot(now.east_m, now.north_m), now.altitude_m / 10)
      const wanted = SCALES_M.find((metres) => metres >= far) ?? SCALES_M.at(-1)
      if (wanted !== ring) {
        ring = wanted
        named.textContent = `ground track; ring of ${short(ring)}`
        way.setAttribute("d", line(readings))
        measured.setAttribute("d", fixes.map(line).join(""))
        alone.setAttribute("d", fixes.filter((run) => run.length === 1).map((run) => `${line(run)}h0`).join(""))
        if (landing) {
          spot.setAttribute("rx", landing.major_m * unit())
          spot.setAttribute("ry", landing.minor_m * unit())
          spot.setAttribute("transform", `rotate(${landing.azimuth_deg - 90})`)
        }
      }
      here.setAttribute("cx", now.east_m * unit())
      here.setAttribute("cy", -now.north_m * unit())
      const run = fixes.find((run) => seconds >= run[0].at_s && seconds <= run.at(-1).at_s)
      const fix = run && at(run, seconds)
      error.toggleAttribute("hidden", !fix)
      if (fix) {
        error.setAttribute("cx", fix.east_m * unit())
        error.setAttribute("cy", -fix.north_m * unit())
        error.setAttribute("rx", fix.sigma_east_m * unit())
        error.setAttribute("ry", fix.sigma_north_m * unit())
      }
    },
  }
}
