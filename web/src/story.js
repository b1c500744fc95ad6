import { h } from "./dom.js"
import { clock, day, since } from "./words.js"

/** What happened, in order, in UTC and counted from the epoch. */
export function story(place, { events, epoch_utc }) {
  if (!events.length) return place.replaceChildren()
  const zero = events.find((event) => event.utc === epoch_utc)
  let date = ""
  const rows = events.flatMap((event) => {
    const today = event.utc.slice(0, 10)
    const head = today !== date && h("li", { class: "date" }, day(event.utc))
    date = today
    return [
      head,
      h("li", { class: event === zero ? "event zero" : "event" },
        h("div", { class: "at" }, h("time", { datetime: event.utc }, clock(event.utc)), epoch_utc && h("small", {}, since(event.utc, epoch_utc))),
        h("div", { class: "what" }, h("h3", {}, event.name), event.text && h("p", {}, event.text))),
    ]
  })
  place.replaceChildren(
    h("h2", { id: "story-h" }, "The flight, hour by hour"),
    h("p", { class: "note" }, zero ? `Times are UTC; the small count runs from ${zero.name.toLowerCase()}.` : "Times are UTC."),
    h("ol", { class: "story" }, rows))
}
