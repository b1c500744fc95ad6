import { h } from "./dom.js"
import { day } from "./words.js"
import { panorama } from "./panorama.js"

let drawn = ""

/** The name of the flight over its panorama, as soon as there is one. */
export function top(place, flight) {
  const { title, subtitle, epoch_utc, simulated } = flight
  const key = JSON.stringify([title, subtitle, epoch_utc, simulated])
  if (key !== drawn) {
    drawn = key
    place.querySelector(".name")?.remove()
    place.prepend(
      h("div", { class: "name" },
        h("p", { class: "brand" }, "farside", simulated && h("span", { class: "tag" }, "simulated flight")),
        h("h1", {}, title),
        h("p", { class: "lede" }, subtitle),
        epoch_utc && h("p", { class: "when" }, h("time", { datetime: epoch_utc }, day(epoch_utc)))),
    )
  }
  place.classList.toggle("wide", flight.panoramas.length > 0)
  panorama(place, flight.panoramas)
}
