import { s, h } from "./dom.js"

const NAMES = { 0: "N", 45: "NE", 90: "E", 135: "SE", 180: "S", 225: "SW", 270: "W", 315: "NW" }
const HIGH = 46

/** A band of azimuths under the view; each tick stands below the place on the horizon it names. */
export function ribbon() {
  const svg = s("svg", { "aria-hidden": "true" })
  return {
    node: h("div", { class: "ribbon" }, svg),
    /** marks: directions with names; north: whether azimuth counts from there; view: as round.js and flat.js make it; width: of the view in pixels. */
    show({ marks, north }, view, width) {
      const x = (degrees) => view.place(degrees, 0)?.[0] ?? -1e4
      const inside = (at) => at > 6 && at < width - 6
      const nodes = []
      const across = view.across()
      const step = across < 25 ? 1 : 5
      const every = across < 25 ? 5 : across < 60 ? 10 : across < 150 ? 15 : 45
      for (let degrees = 0; degrees < 360; degrees += step) {
        const at = x(degrees)
        if (!inside(at)) continue
        const name = north && NAMES[degrees]
        const numbered = !name && degrees % every === 0
        nodes.push(s("line", { x1: at, x2: at, y1: 0, y2: name ? 10 : numbered ? 7 : 4, class: name ? "main" : "" }))
        if (name || numbered) nodes.push(s("text", { x: at, y: 25, class: name ? "main" : "" }, name || `${degrees}°`))
      }
      for (const mark of marks) {
        const at = x(mark.az_deg)
        if (inside(at)) nodes.push(s("path", { d: `M${at} 0l5 8h-10z`, class: "mark" }), s("text", { x: at, y: 41, class: "mark" }, mark.name))
      }
      svg.setAttribute("viewBox", `0 0 ${width} ${HIGH}`)
      svg.replaceChildren(...nodes)
    },
  }
}
