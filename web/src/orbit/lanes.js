import { h, s } from "../dom.js"
import { shortDay } from "../words.js"

const W = 1000
const ROW = 16

/** Bars of what happens when, over the whole span, and a line at now. of(): lanes of { name, shadow, spans: [[from, to], ...] } in seconds. */
export function lanes(of, end, start) {
  const x = (t) => (W * t) / end
  const head = s("line", { class: "head", y1: 0 })
  const bars = s("svg", { viewBox: `0 0 ${W} ${ROW}`, preserveAspectRatio: "none", "aria-hidden": "true" })
  const legend = h("ul", {})
  function draw() {
    const shown = of()
    const height = Math.max(shown.length, 1) * ROW
    bars.setAttribute("viewBox", `0 0 ${W} ${height}`)
    bars.style.height = `${height}px`
    head.setAttribute("y2", height)
    bars.replaceChildren(
      ...shown.flatMap((lane, i) => [
        s("rect", { class: "ground", x: 0, width: W, y: i * ROW + 3, height: ROW - 6 }),
        ...lane.spans.map(([from, to]) => s("rect", { class: lane.shadow ? "shadow" : "view", x: x(from), width: Math.max(x(to - from), 1), y: i * ROW + 3, height: ROW - 6 })),
      ]), head)
    legend.replaceChildren(...shown.map((lane) => h("li", {}, lane.name)))
  }
  draw()
  return {
    node: h("div", { class: "lanes" }, legend, h("div", {}, bars, h("p", { class: "n" }, h("span", {}, shortDay(start)), h("span", {}, shortDay(start + end * 1000))))),
    draw,
    at(t) {
      head.setAttribute("x1", x(t))
      head.setAttribute("x2", x(t))
    },
  }
}
