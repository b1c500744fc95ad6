import { Viewer } from "@photo-sphere-viewer/core"
import { VisibleRangePlugin } from "@photo-sphere-viewer/visible-range-plugin"
import "@photo-sphere-viewer/core/index.css"
import { calm, h } from "./dom.js"
import { panoramaPicture } from "./flight.js"
import { ribbon } from "./ribbon.js"
import { toward } from "./words.js"

const RAD = Math.PI / 180
const WIDEST_DEG = 52 // vertical field of view; on an upright screen that would be a keyhole
const WIDEST_UPRIGHT_DEG = 68
const NARROWEST_DEG = 6

let shown = null // { source, view }

/** The panorama to look around in, azimuths marked; a wide picture to scroll where the browser has no WebGL. */
export async function panorama(place, content) {
  if (!content || shown?.source === content.src) return
  const before = shown
  shown = { source: content.src }
  const picture = await panoramaPicture(content.src)
  before?.view?.destroy()
  place.querySelector(".around")?.remove()
  const name = place.querySelector(".name").getBoundingClientRect().height
  const parts = webgl() ? looking(content, picture, name, before?.view?.direction()) : scrolling(content, picture)
  place.append(parts.node)
  shown.view = parts.open?.()
}

function webgl() {
  return Boolean(document.createElement("canvas").getContext("webgl2"))
}

function scrolling(content, picture) {
  return {
    node: h("figure", { class: "around flat" },
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Panorama" }, h("img", { src: picture, alt: content.alt })),
      h("figcaption", {}, content.caption)),
  }
}

/** How far up to look so that the horizon comes to lie below the name that stands in the sky, in radians. */
function pitchBelow(name, height, fov) {
  const horizon = Math.min(Math.max(name * 1.1 + 64, height * 0.4), height * 0.62)
  return Math.atan(((horizon - height / 2) / (height / 2)) * Math.tan(fov / 2))
}

function looking(content, picture, name, direction) {
  const { width, height, az_left_deg, az_span_deg, el_top_deg, el_bottom_deg } = content
  const fullWidth = Math.round((width * 360) / az_span_deg)
  const fullHeight = Math.round((height * 180) / (el_top_deg - el_bottom_deg))
  const yaw = (azimuth) => (azimuth - az_left_deg - 180) * RAD
  const azimuth = (yaw) => ((((yaw / RAD + 180 + az_left_deg) % 360) + 360) % 360)

  const screen = h("div", { class: "screen", tabindex: 0, role: "application", "aria-roledescription": "panorama", "aria-label": `${content.alt} Arrow keys look around, plus and minus zoom.` })
  const spoken = h("p", { class: "unseen", "aria-live": "polite" })
  const band = ribbon(content.marks)
  const button = (label, sign, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, sign)
  const hint = h("p", { class: "hint", "aria-hidden": "true" }, "drag to look around")

  const open = () => {
    const { clientWidth, clientHeight } = screen
    const widest = clientWidth < clientHeight ? WIDEST_UPRIGHT_DEG : WIDEST_DEG
    const rest = pitchBelow(name, clientHeight, widest * RAD)
    const start = direction ?? { azimuth: content.look_az_deg, pitch: rest, zoom: 0 }
    // black sky goes on above the picture: there is nothing in it
    const sky = Math.max(el_top_deg, rest / RAD + widest / 2)
    const viewer = new Viewer({
      container: screen,
      panorama: picture,
      panoData: { fullWidth, fullHeight, croppedWidth: width, croppedHeight: height, croppedX: 0, croppedY: Math.round(((90 - el_top_deg) * fullHeight) / 180) },
      canvasBackground: "#000",
      defaultYaw: yaw(start.azimuth - (direction || calm() ? 0 : 24)),
      defaultPitch: start.pitch,
      defaultZoomLvl: start.zoom,
      maxFov: widest,
      minFov: NARROWEST_DEG,
      navbar: false,
      keyboard: false,
      mousewheel: false,
      moveInertia: 0.85,
      defaultTransition: null,
      loadingTxt: "",
      plugins: [VisibleRangePlugin.withConfig({
        verticalRange: [`${el_bottom_deg}deg`, `${sky}deg`],
        horizontalRange: az_span_deg < 360 ? [`${yaw(az_left_deg) / RAD}deg`, `${yaw(az_left_deg + az_span_deg) / RAD}deg`] : null,
      })],
    })
    leaveVerticalSwipes(screen)

    const draw = () => {
      const position = viewer.getPosition()
      const vFov = viewer.dataHelper.zoomLevelToFov(viewer.getZoomLevel())
      band.show(azimuth(position.yaw), position.pitch, vFov * RAD, screen.clientWidth, screen.clientHeight)
    }
    for (const name of ["position-updated", "zoom-updated", "size-updated", "ready"]) viewer.addEventListener(name, draw)
    viewer.addEventListener("ready", () => {
      screen.dataset.ready = "yes"
      // one slow opening glance shows that there is more to the sides; then it rests
      if (!direction && !calm()) viewer.animate({ yaw: yaw(start.azimuth), pitch: start.pitch, speed: 5200 })
    }, { once: true })
    screen.addEventListener("pointerdown", () => hint.classList.add("gone"), { once: true })

    // the wheel scrolls the page; with Ctrl (or a pinch on a touchpad), and in full screen, it zooms
    screen.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !document.fullscreenElement) return
      event.preventDefault()
      viewer.zoom(viewer.getZoomLevel() - event.deltaY * 0.15)
    }, { passive: false })

    const move = (target, ms) => (calm() ? viewer.rotate(target) : viewer.animate({ ...target, speed: ms }))
    const turn = (right, up) => {
      hint.classList.add("gone")
      const { yaw, pitch } = viewer.getPosition()
      const step = viewer.dataHelper.zoomLevelToFov(viewer.getZoomLevel()) * RAD * 0.2
      const next = { yaw: yaw + right * step, pitch: pitch + up * step }
      move(next, 250)
      spoken.textContent = `Looking ${toward(azimuth(next.yaw))}`
    }
    const keys = {
      ArrowLeft: () => turn(-1, 0), ArrowRight: () => turn(1, 0), ArrowUp: () => turn(0, 1), ArrowDown: () => turn(0, -1),
      "+": () => viewer.zoomIn(10), "=": () => viewer.zoomIn(10), "-": () => viewer.zoomOut(10),
    }
    screen.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      keys[event.key]()
    })
    tools.append(
      button("Look north", "N", () => move({ yaw: yaw(0), pitch: viewer.getPosition().pitch }, 900)),
      button("Zoom out", "−", () => viewer.zoomOut(15)),
      button("Zoom in", "+", () => viewer.zoomIn(15)),
      button("Full screen", "⤢", () => (document.fullscreenElement ? document.exitFullscreen() : node.requestFullscreen())))
    return {
      direction: () => ({ azimuth: azimuth(viewer.getPosition().yaw), pitch: viewer.getPosition().pitch, zoom: viewer.getZoomLevel() }),
      destroy: () => viewer.destroy(),
    }
  }

  const tools = h("div", { class: "tools" })
  const node = h("figure", { class: "around" },
    h("div", { class: "stage" }, screen, hint, spoken),
    h("div", { class: "under" }, band.node, tools),
    h("figcaption", {}, content.caption))
  return { node, open }
}

/** On a phone a swipe up or down scrolls the page; one to the side turns the view. */
function leaveVerticalSwipes(screen) {
  let start = null
  let side = null
  screen.addEventListener("touchstart", (event) => {
    start = event.touches.length === 1 ? event.touches[0] : null
    side = start ? null : true
  }, { capture: true, passive: true })
  window.addEventListener("touchmove", (event) => {
    if (!start || !screen.contains(event.target)) return
    const touch = event.touches[0]
    const [dx, dy] = [Math.abs(touch.clientX - start.clientX), Math.abs(touch.clientY - start.clientY)]
    if (side === null && Math.max(dx, dy) > 4) side = dx > dy
    if (!side && event.touches.length === 1) event.stopImmediatePropagation()
  }, { capture: true, passive: true })
  window.addEventListener("touchend", (event) => {
    if (side === false && screen.contains(event.target)) event.stopImmediatePropagation()
  }, { capture: true, passive: true })
}
