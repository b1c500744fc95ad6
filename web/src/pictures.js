import { h } from "./dom.js"
import { clock, shortDay } from "./words.js"

const FIRST = 12
let drawn = ""
let all = false

const received = (utc) => (utc ? `received ${clock(utc)} UTC, ${shortDay(utc)}` : "")

/** Pictures in rows; any of them opens large. */
export function pictures(place, flight) {
  const list = flight.pictures
  const key = JSON.stringify([list, all])
  if (key === drawn) return
  drawn = key
  if (!list.length) return place.replaceChildren()
  const shown = all ? list : list.slice(0, FIRST)
  const rest = list.length - shown.length
  place.replaceChildren(
    h("h2", { id: "pictures-h" }, "Pictures"),
    h("p", { class: "note" }, "Each was taken on the surface or on the way down, compressed on board, and received through the relay."),
    h("div", { class: "wall" }, shown.map((_, i) => plate(list, i))),
    ...(rest > 0 ? [h("button", { type: "button", class: "more", onclick: () => { all = true; pictures(place, flight) } }, `Show the other ${rest}`)] : []))
}

function plate(list, i) {
  const picture = list[i]
  return h("figure", {},
    h("button", { type: "button", "aria-label": `Enlarge: ${picture.alt}`, onclick: () => enlarge(list, i) },
      h("img", { src: picture.src, alt: picture.alt, width: picture.width, height: picture.height, loading: "lazy", decoding: "async" })),
    h("figcaption", {}, picture.caption, picture.utc && h("small", {}, received(picture.utc))))
}

/** Pictures of one instrument: the first as large as the page, the others below it, two in a row. */
export function plates(place, { pictures: list }) {
  const key = JSON.stringify(list)
  if (key === drawn) return
  drawn = key
  if (!list.length) return place.replaceChildren()
  place.replaceChildren(
    h("h2", { id: "pictures-h" }, list.length > 1 ? "Pictures" : "Picture"),
    h("div", { class: "plates" }, list.map((_, i) => plate(list, i))))
}

function enlarge(list, start) {
  let at = start
  const full = () => node.classList.toggle("actual")
  const image = h("img", { onclick: full })
  const node = h("div", { class: "frame" }, image)
  const text = h("p", { "aria-live": "polite" })
  const show = (i) => {
    at = (i + list.length) % list.length
    const picture = list[at]
    image.src = picture.src
    image.alt = picture.alt
    node.classList.remove("actual")
    text.replaceChildren(picture.caption, h("small", {}, [received(picture.utc), `${at + 1} of ${list.length}`].filter(Boolean).join(" · ")))
  }
  const box = h("dialog", {
    class: "large", "aria-label": "Picture",
    onclick: (event) => event.target === box && box.close(),
    onclose: () => box.remove(),
    onkeydown: (event) => {
      if (event.key === "ArrowLeft") show(at - 1)
      if (event.key === "ArrowRight") show(at + 1)
    },
  },
  node,
  h("div", { class: "bar" },
    h("button", { type: "button", "aria-label": "Previous picture", onclick: () => show(at - 1) }, "←"),
    text,
    h("button", { type: "button", "aria-label": "Next picture", onclick: () => show(at + 1) }, "→"),
    h("button", { type: "button", "aria-label": "Full size or whole picture", title: "Full size", onclick: full }, "⤢"),
    h("button", { type: "button", "aria-label": "Close", onclick: () => box.close() }, "✕")))
  show(start)
  document.body.append(box)
  box.showModal()
}
