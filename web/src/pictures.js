import { h } from "./dom.js"
import { roll, step, zoom, zoomable } from "./flat.js"
import { clock, shortDay, wrong } from "./words.js"

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
  const image = h("img", { src: picture.src, alt: picture.alt, width: picture.width, height: picture.height, loading: "lazy", decoding: "async" })
  return h("figure", {},
    h("button", { type: "button", class: "plate", "aria-label": `Enlarge: ${picture.alt}`, onclick: () => enlarge(list, i) }, image),
    h("figcaption", {}, picture.caption,
      picture.error && h("p", { class: "wrong" }, wrong(picture.error)),
      picture.utc && h("small", {}, received(picture.utc)),
      picture.anaglyph && glasses((on) => (image.src = on ? picture.anaglyph : picture.src))))
}

/** A switch between a picture and the same one for red and cyan glasses. */
function glasses(show) {
  const button = h("button", {
    type: "button", class: "switch", "aria-pressed": "false",
    onclick: () => {
      const on = button.getAttribute("aria-pressed") === "false"
      button.setAttribute("aria-pressed", on)
      show(on)
    },
  }, "Red and cyan glasses")
  return button
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

/** One picture as large as the window: with tiles down to their pixels, others at most as large as they are. */
function enlarge(list, start) {
  let at = start
  let viewer = null
  const node = h("div", { class: "frame" })
  const text = h("p", { "aria-live": "polite" })
  const look = h("div", {})
  const sides = h("div", { class: "sides" })
  const home = () => viewer.viewport.getZoom() < 1.01 * viewer.viewport.getHomeZoom()

  const fixed = (source, alt) => {
    const image = h("img", { src: source, alt, onclick: () => node.classList.toggle("actual") })
    node.replaceChildren(image)
    sides.replaceChildren(tool("Full size or whole picture", "⤢", () => node.classList.toggle("actual")))
  }
  const deep = (picture) => {
    const screen = h("div", { class: "deep", role: "img", "aria-label": `${picture.alt} Plus and minus zoom, 0 shows all; arrow keys move what is larger than the window.` })
    node.replaceChildren(screen)
    viewer = zoomable(screen, picture)
    viewer.addHandler("canvas-scroll", (event) => roll(viewer, event))
    sides.replaceChildren(
      tool("Zoom out", "−", () => zoom(viewer, 1 / 1.5)), tool("Zoom in", "+", () => zoom(viewer, 1.5)),
      tool("Whole picture", "⤢", () => viewer.viewport.goHome()))
  }
  const tool = (label, sign, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, sign)
  const open = (picture, anaglyph) => {
    viewer?.destroy()
    viewer = null
    node.classList.remove("actual")
    if (anaglyph) fixed(picture.anaglyph, picture.alt)
    else if (picture.tiles) deep(picture)
    else fixed(picture.src, picture.alt)
  }
  const show = (i) => {
    at = (i + list.length) % list.length
    const picture = list[at]
    open(picture, false)
    text.replaceChildren(picture.caption,
      h("small", {}, [...wrong(picture.error)].join("")),
      h("small", {}, [received(picture.utc), `${at + 1} of ${list.length}`].filter(Boolean).join(" · ")))
    look.replaceChildren(...(picture.anaglyph ? [glasses((on) => open(picture, on))] : []))
  }
  const keys = {
    ArrowLeft: () => (viewer && !home() ? step(viewer, -1, 0) : show(at - 1)), ArrowRight: () => (viewer && !home() ? step(viewer, 1, 0) : show(at + 1)),
    ArrowUp: () => viewer && step(viewer, 0, 1), ArrowDown: () => viewer && step(viewer, 0, -1),
    "+": () => viewer && zoom(viewer, 1.5), "=": () => viewer && zoom(viewer, 1.5), "-": () => viewer && zoom(viewer, 1 / 1.5), 0: () => viewer?.viewport.goHome(),
  }
  const box = h("dialog", {
    class: "large", "aria-label": "Picture",
    onclick: (event) => event.target === box && box.close(),
    onclose: () => {
      viewer?.destroy()
      box.remove()
    },
    onkeydown: (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      keys[event.key]()
    },
  },
  node,
  h("div", { class: "bar" },
    tool("Previous picture", "←", () => show(at - 1)),
    text,
    tool("Next picture", "→", () => show(at + 1)),
    look,
    sides,
    tool("Close", "✕", () => box.close())))
  document.body.append(box)
  box.showModal()
  show(start)
}
