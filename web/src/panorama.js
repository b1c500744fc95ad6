import { h } from "./dom.js"
import { flat } from "./flat.js"
import { panoramaPicture } from "./flight.js"
import { lattice } from "./lattice.js"
import { ribbon } from "./ribbon.js"
import { round } from "./round.js"
import { degrees, toward, wrong } from "./words.js"

let drawn = ""
let chosen = 0
let level = !webgl() // laid flat
let lines = false
let view = null

function webgl() {
  return Boolean(document.createElement("canvas").getContext("webgl2"))
}

/** The flight's panoramas, one at a time: to look around in, or laid flat at full width; azimuth and elevation in both. */
export function panorama(place, list) {
  const key = JSON.stringify(list)
  if (!list.length || key === drawn) return
  drawn = key
  chosen = Math.min(chosen, list.length - 1)
  const direction = watching()
  view?.destroy()
  view = null
  place.querySelector(".around")?.remove()

  const button = (label, sign, act, more) => h("button", { type: "button", "aria-label": label, title: label, onclick: act, ...more }, sign)
  const choice = (name, act) => h("button", { type: "button", onclick: act }, name)
  const [band, net] = [ribbon(), lattice()]
  const stage = h("div", { class: "stage" })
  const spoken = h("p", { class: "unseen", "aria-live": "polite" })
  const reading = h("p", { class: "reading n", "aria-hidden": "true" })
  const caption = h("p", {})
  const error = h("p", { class: "wrong" })
  const ways = [choice("Look around", () => pick(chosen, false)), choice("Laid flat, full width", () => pick(chosen, true))]
  const names = list.map((content, i) => choice(list.length > 1 && content.name ? content.name : `Panorama ${i + 1}`, () => pick(i, level)))
  const grid = button("Lines of azimuth and elevation", "#", () => { lines = !lines; draw() })
  const ahead = button("Look north", "N", () => view?.look(0))
  const tools = h("div", { class: "tools" },
    ahead,
    grid,
    button("Zoom out", "−", () => view?.zoomOut()),
    button("Zoom in", "+", () => view?.zoomIn()),
    button("Full screen", "⤢", () => (document.fullscreenElement ? document.exitFullscreen() : node.requestFullscreen())))
  const node = h("figure", { class: "around" }, stage, h("div", { class: "under" }, band.node, tools),
    h("div", { class: "choices" },
      names.length > 1 && h("div", { role: "group", "aria-label": "Panorama" }, names),
      webgl() && h("div", { role: "group", "aria-label": "View" }, ways),
      reading),
    spoken, h("figcaption", {}, caption, error))
  place.append(node)

  const name = () => place.querySelector(".name").getBoundingClientRect().height
  let pointer = null // where a mouse points, pixels of the screen
  let screen = null
  const draw = () => {
    if (!view?.ready()) return
    const { clientWidth, clientHeight } = screen
    band.show(list[chosen], view, clientWidth)
    net.show(lines && view, clientWidth, clientHeight, level ? 0 : name())
    grid.setAttribute("aria-pressed", lines)
    const [azimuth, elevation] = view.toward(...(pointer ?? [clientWidth / 2, clientHeight / 2]))
    const fine = Math.min(3, Math.max(1, Math.ceil(Math.log10(view.perDegree()))))
    reading.textContent = `${pointer ? "" : "middle: "}azimuth ${degrees(azimuth, fine)}, elevation ${degrees(elevation, fine)}`
  }

  async function pick(which, laid, direction = watching()) {
    const content = list[which]
    ;[chosen, level] = [which, laid]
    names.forEach((one, i) => one.setAttribute("aria-pressed", i === chosen))
    ways.forEach((way, i) => way.setAttribute("aria-pressed", Boolean(i) === level))
    caption.textContent = content.caption
    ahead.textContent = content.north ? "N" : "0°"
    ahead.title = content.north ? "Look north" : "Look to azimuth 0°"
    ahead.setAttribute("aria-label", ahead.title)
    error.replaceChildren(...wrong(content.error))
    const picture = level && content.tiles ? null : await panoramaPicture(content.src)
    if (chosen !== which || level !== laid || !node.isConnected) return // another was picked meanwhile
    view?.destroy()
    place.classList.toggle("level", level)
    screen = h("div", { class: "screen", tabindex: 0, role: "application", "aria-roledescription": "panorama", "aria-label": `${content.alt} Arrow keys look around, plus and minus zoom, g shows lines of azimuth and elevation.` })
    listen(screen)
    const hint = h("p", { class: "hint", "aria-hidden": "true" }, laid ? "drag to move, + to come closer" : "drag to look around")
    for (const name of ["pointerdown", "keydown"]) screen.addEventListener(name, () => hint.classList.add("gone"), { once: true })
    stage.replaceChildren(screen, net.node, hint)
    view = level
      ? flat(screen, { ...content, src: picture }, direction, draw)
      : round(screen, content, picture, name(), direction, draw)
  }

  function listen(screen) {
    const turn = (right, up) => (spoken.textContent = `Looking ${toward(view.turn(right, up), list[chosen].north)}`)
    const keys = {
      ArrowLeft: () => turn(-1, 0), ArrowRight: () => turn(1, 0), ArrowUp: () => turn(0, 1), ArrowDown: () => turn(0, -1),
      "+": () => view.zoomIn(), "=": () => view.zoomIn(), "-": () => view.zoomOut(), g: () => grid.click(),
    }
    screen.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey || !view?.ready()) return
      event.preventDefault()
      keys[event.key]()
    })
    screen.addEventListener("pointermove", (event) => {
      const box = screen.getBoundingClientRect()
      pointer = event.pointerType === "mouse" ? [event.clientX - box.left, event.clientY - box.top] : null
      draw()
    })
    screen.addEventListener("pointerleave", () => {
      pointer = null
      draw()
    })
  }

  pick(chosen, level, direction)
}

/** Where the visitor looks: degrees, and the height of the view. */
function watching() {
  const screen = document.querySelector(".around .screen")
  if (!view?.ready() || !screen) return null
  const [azimuth, elevation] = view.toward(screen.clientWidth / 2, screen.clientHeight / 2)
  return { azimuth, elevation, fov: screen.clientHeight / view.perDegree() }
}
