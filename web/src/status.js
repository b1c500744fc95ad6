import { h } from "./dom.js"

/** What is arriving just now; nothing once the flight has been received. */
export function status(place, { status, progress, finished }) {
  if (finished || !status) return place.replaceChildren()
  const bar = progress === null ? null : h("progress", { max: 1, value: progress, "aria-label": "received" })
  place.replaceChildren(h("div", { class: "receiving" }, h("span", { class: "pulse", "aria-hidden": "true" }), h("p", {}, status), bar))
}
