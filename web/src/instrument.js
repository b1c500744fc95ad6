import { h } from "./dom.js"
import { holding, tally } from "./tables.js"

/** On the front page: a card for each instrument, which leads to its page. */
export function instruments(place, { pages }) {
  if (!pages.length) return place.replaceChildren()
  place.replaceChildren(
    h("h2", { id: "instruments-h" }, "Instruments"),
    h("p", { class: "note" }, "Each has its page: what it is, what arrived, what it means and how wrong it is."),
    h("ul", { class: "cards" }, pages.map(({ key, title, sentence, picture, held, counted }) =>
      h("li", { class: "card" },
        h("div", { class: "face" }, !picture && h("small", {}, "no picture"), picture && h("img", { src: picture.src, alt: picture.alt, width: picture.width, height: picture.height, loading: "lazy", decoding: "async" })),
        h("h3", {}, h("a", { href: `${key}.html` }, title)),
        h("p", {}, sentence),
        counted > 0 && h("p", { class: `verdict ${held === counted ? "ok" : "off"}` }, h("b", { "aria-hidden": "true" }, held === counted ? "✓" : "✕"), holding(held, counted))))))
}

/** On the page of an instrument: its name, what it is, and the way back. */
export function head(place, { title, what, flight, simulated, checks }) {
  const [held, counted] = tally(checks)
  place.replaceChildren(
    h("div", { class: "name" },
      h("p", { class: "brand" }, "farside", simulated && h("span", { class: "tag" }, "simulated flight")),
      h("nav", { "aria-label": "Flight" }, h("a", { class: "back", href: "index.html#instruments" }, `← ${flight}`)),
      h("h1", {}, title),
      h("p", { class: "lede" }, what),
      counted > 0 && h("p", { class: "when" }, h("a", { href: "#score" }, holding(held, counted)))))
}

/** What the instrument found, each with its error and a sentence about it. */
export function findings(place, { findings: list }) {
  if (!list.length) return place.replaceChildren()
  place.replaceChildren(
    h("h2", { id: "findings-h" }, "What it means"),
    h("dl", { class: "findings" }, list.map(({ name, value, error, meaning }) =>
      h("div", {},
        h("dt", {}, name),
        h("dd", { class: "value" }, h("b", { class: value.length > 14 ? "long" : "" }, value), error && h("span", {}, " ", error)),
        meaning && h("dd", { class: "meaning" }, meaning)))))
}
