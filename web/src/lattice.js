import { s } from "./dom.js"
import { degrees } from "./words.js"

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45]
const APART = 90 // pixels from line to line, at least
const POINTS = 64 // along a line

/** Lines of equal azimuth and elevation over a view, the horizon among them. */
export function lattice() {
  const svg = s("svg", { class: "lattice", "aria-hidden": "true" })
  return {
    node: svg,
    /** view: as round.js and flat.js make it, false for no lines; size of the view in pixels; no labels above `top`. */
    show(view, width, height, top) {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`)
      if (!view) return svg.replaceChildren()
      const step = STEPS.find((step) => view.perDegree() * step >= APART) ?? STEPS.at(-1)
      const fine = step < 1 ? 1 : 0
      const middle = view.toward(width / 2, height / 2)
      const reach = Math.min(180, view.across())
      const [low, high] = [Math.max(-90, middle[1] - reach), Math.min(90, middle[1] + reach)]
      const multiples = (from, to) => Array.from({ length: Math.floor(to / step) - Math.ceil(from / step) + 1 }, (_, i) => (Math.ceil(from / step) + i) * step)
      const along = (from, to) => Array.from({ length: POINTS + 1 }, (_, i) => from + ((to - from) * i) / POINTS)
      const inside = (at) => at && at[0] >= 0 && at[0] <= width && at[1] >= top + 14 && at[1] <= height
      const path = (points) => points.map((at, i) => (at ? `${points[i - 1] ? "L" : "M"}${at[0].toFixed(1)} ${at[1].toFixed(1)}` : "")).join("")
      // lines of a panorama that goes round meet themselves behind the viewer: never across the seam of a flat one
      const azimuths = along(middle[0] - Math.min(179.9, reach), middle[0] + Math.min(179.9, reach))
      const nodes = multiples(middle[0] - reach, middle[0] + reach).map((az) =>
        s("path", { d: path(along(low, high).map((el) => view.place(az, el))) }))
      for (const el of multiples(low, high)) {
        const points = azimuths.map((az) => view.place(az, el))
        const edge = points.find(inside)
        nodes.push(s("path", { d: path(points), class: Math.abs(el) < 1e-9 ? "horizon" : "" }))
        if (edge) nodes.push(s("text", { x: edge[0] + 8, y: edge[1] - 5 }, degrees(el, fine)))
      }
      svg.replaceChildren(...nodes)
    },
  }
}
