import { Viewer } from "@photo-sphere-viewer/core"
import { VisibleRangePlugin } from "@photo-sphere-viewer/visible-range-plugin"
import "@photo-sphere-viewer/core/index.css"
import { calm } from "./dom.js"

const RAD = Math.PI / 180
const WIDEST_DEG = 52 // vertical field of view; on an upright screen that would be a keyhole
const WIDEST_UPRIGHT_DEG = 68
const NARROWEST_DEG = 6

/** How far up to look so that the horizon comes to lie below the name that stands in the sky, in radians. */
function pitchBelow(name, height, fov) {
  const horizon = Math.min(Math.max(name * 1.1 + 64, height * 0.4), height * 0.62)
  return Math.atan(((horizon - height / 2) / (height / 2)) * Math.tan(fov / 2))
}

/**
 * A panorama seen from its middle. picture: as a data URI; name: height of what stands in its sky, pixels; direction:
 * where to look, and how wide, in degrees; changed: called after every move.
 */
export function round(screen, content, picture, name, direction, changed) {
  const { width, height, az_left_deg, az_span_deg, el_top_deg, el_bottom_deg } = content
  const fullWidth = Math.round((width * 360) / az_span_deg)
  const fullHeight = Math.round((height * 180) / (el_top_deg - el_bottom_deg))
  const yaw = (azimuth) => (azimuth - az_left_deg - 180) * RAD
  const azimuth = (yaw) => ((((yaw / RAD + 180 + az_left_deg) % 360) + 360) % 360)
  const widest = screen.clientWidth < screen.clientHeight ? WIDEST_UPRIGHT_DEG : WIDEST_DEG
  const rest = pitchBelow(name, screen.clientHeight, widest * RAD)
  // black sky goes on above the picture: there is nothing in it
  const sky = Math.max(el_top_deg, rest / RAD + widest / 2)
  const start = yaw(direction?.azimuth ?? content.look_az_deg)
  const fov = Math.min(Math.max(direction?.fov ?? widest, NARROWEST_DEG), widest)
  // a view as wide as it gets shows the horizon where it belongs, whatever was in the middle of the flat picture
  const pitch = direction && fov < widest ? direction.elevation * RAD : rest
  const viewer = new Viewer({
    container: screen,
    panorama: picture,
    panoData: { fullWidth, fullHeight, croppedWidth: width, croppedHeight: height, croppedX: 0, croppedY: Math.round(((90 - el_top_deg) * fullHeight) / 180) },
    canvasBackground: "#000",
    defaultYaw: start - (direction || calm() ? 0 : 24 * RAD),
    defaultPitch: pitch,
    defaultZoomLvl: (100 * (widest - fov)) / (widest - NARROWEST_DEG),
    maxFov: widest,
    minFov: NARROWEST_DEG,
    navbar: false,
    keyboard: false,
    mousewheel: false,
    moveInertia: calm() ? 0 : 0.85,
    defaultTransition: null,
    loadingTxt: "",
    plugins: [VisibleRangePlugin.withConfig({
      verticalRange: [`${el_bottom_deg}deg`, `${sky}deg`],
      horizontalRange: az_span_deg < 360 ? [`${yaw(az_left_deg) / RAD}deg`, `${yaw(az_left_deg + az_span_deg) / RAD}deg`] : null,
    })],
  })
  leaveVerticalSwipes(screen)
  let open = false
  for (const name of ["position-updated", "zoom-updated", "size-updated", "ready"]) viewer.addEventListener(name, changed)
  viewer.addEventListener("ready", () => {
    open = true
    screen.dataset.ready = "yes"
    changed()
    // one slow opening glance shows that there is more to the sides; then it rests
    if (!direction && !calm()) viewer.animate({ yaw: start, pitch, speed: 5200 })
  }, { once: true })
  // the wheel scrolls the page; with Ctrl (or a pinch on a touchpad), and in full screen, it zooms
  screen.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !document.fullscreenElement) return
    event.preventDefault()
    viewer.zoom(viewer.getZoomLevel() - event.deltaY * 0.15)
  }, { passive: false })

  const upright = () => viewer.dataHelper.zoomLevelToFov(viewer.getZoomLevel()) * RAD
  const focal = () => screen.clientHeight / 2 / Math.tan(upright() / 2)
  const move = (target, ms) => (calm() ? viewer.rotate(target) : viewer.animate({ ...target, speed: ms }))
  return {
    ready: () => open,
    across: () => (2 * Math.atan(screen.clientWidth / 2 / focal())) / RAD,
    perDegree: () => focal() * RAD,
    /** Pixel of a direction; null where that is not before the view. */
    place(az, el) {
      const { yaw, pitch } = viewer.getPosition()
      const d = (az - azimuth(yaw)) * RAD
      const [right, ahead, up] = [Math.cos(el * RAD) * Math.sin(d), Math.cos(el * RAD) * Math.cos(d), Math.sin(el * RAD)]
      const depth = ahead * Math.cos(pitch) + up * Math.sin(pitch)
      if (depth < 0.1) return null
      const above = up * Math.cos(pitch) - ahead * Math.sin(pitch)
      return [screen.clientWidth / 2 + (focal() * right) / depth, screen.clientHeight / 2 - (focal() * above) / depth]
    },
    /** Azimuth and elevation at a pixel. */
    toward(x, y) {
      const { yaw, pitch } = viewer.getPosition()
      const [right, above] = [(x - screen.clientWidth / 2) / focal(), (screen.clientHeight / 2 - y) / focal()]
      const [ahead, up] = [Math.cos(pitch) - above * Math.sin(pitch), Math.sin(pitch) + above * Math.cos(pitch)]
      return [azimuth(yaw + Math.atan2(right, ahead)), Math.atan2(up, Math.hypot(right, ahead)) / RAD]
    },
    turn(right, up) {
      const { yaw, pitch } = viewer.getPosition()
      const next = { yaw: yaw + right * upright() * 0.2, pitch: pitch + up * upright() * 0.2 }
      move(next, 250)
      return azimuth(next.yaw)
    },
    look: (az) => move({ yaw: yaw(az), pitch: viewer.getPosition().pitch }, 900),
    zoomIn: () => viewer.zoomIn(12),
    zoomOut: () => viewer.zoomOut(12),
    destroy: () => viewer.destroy(),
  }
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
