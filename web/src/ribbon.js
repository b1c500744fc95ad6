import { s, h } from "./dom.js"

const NAMES = { 0: "N", 45: "NE", 90: "E", 135: "SE", 180: "S", 225: "SW", 270: "W", 315: "NW" }
const HIGH = 46

/** A band of azimuths under the view; each tick stands below the place on the horizon it names. */
export function ribbon(marks) {
  const svg = s("svg", { "aria-hidden": "true" })
  return {
    node: h("div", { class: "ribbon" }, svg),
    /** azimuth of the view in degrees; pitch and vertical field of view in radians; size of the view in pixels. */
    show(azimuth, pitch, fov, width, height) {
      const focal = height / 2 / Math.tan(fov / 2)
      // horizon point d to the right of the axis, seen by a camera turned up by pitch
      const x = (degrees) => {
        const d = (((((degrees - azimuth) % 360) + 540) % 360) - 180) * (Math.PI / 180)
        const ahead = Math.cos(d) * Math.cos(pitch)
        return ahead > 0.1 ? width / 2 + (focal * Math.sin(d)) / ahead : -1e4
      }
      const inside = (at) => at > 6 && at < width - 6
      const nodes = []
      const across = (2 * Math.atan(width / 2 / focal) * 180) / Math.PI
      const step = across < 25 ? 1 : 5
      const every = across < 25 ? 5 : across < 60 ? 10 : 15
      for (let degrees = 0; degrees < 360; degrees += step) {
        const at = x(degrees)
        if (!inside(at)) continue
        const name = NAMES[degrees]
        const numbered = !name && degrees % every === 0
        nodes.push(s("line", { x1: at, x2: at, y1: 0, y2: name ? 10 : numbered ? 7 : 4, class: name ? "main" : "" }))
        if (name || numbered) nodes.push(s("text", { x: at, y: 25, class: name ? "main" : "" }, name ?? `${degrees}°`))
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
