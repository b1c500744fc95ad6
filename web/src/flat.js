import OpenSeadragon from "openseadragon"
import { calm } from "./dom.js"

const CLOSEST = 4 // screen pixels for one of the picture

/** Where a viewer finds the picture: its deep-zoom tiles, or the picture itself where it has none. */
function source({ tiles, src }) {
  if (!tiles) return { type: "image", url: src }
  const { folder, width, height, tile, overlap, format, version } = tiles
  return new OpenSeadragon.DziTileSource({ width, height, tileSize: tile, tileOverlap: overlap, tilesUrl: folder, fileFormat: format, queryParams: `?${version}` })
}

/**
 * A picture to zoom into down to its own pixels, in `screen`; `around`: it goes on where it ends. Keys and wheel are left
 * to the caller: a viewer inside a page must not catch what scrolls the page.
 */
export function zoomable(screen, picture, around = false) {
  const viewer = new OpenSeadragon({
    element: screen,
    tileSources: source(picture),
    drawer: "canvas", // a page opened from disk may not make textures of files
    crossOriginPolicy: false,
    showNavigationControl: false,
    wrapHorizontal: around,
    visibilityRatio: 1,
    constrainDuringPan: true,
    maxZoomPixelRatio: CLOSEST,
    animationTime: calm() ? 0 : 0.5,
    imageLoaderLimit: 8,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true, scrollToZoom: false, flickEnabled: !calm() },
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, flickEnabled: !calm() },
  })
  viewer.addHandler("canvas-key", (event) => (event.preventDefaultAction = true))
  viewer.addHandler("canvas-scroll", (event) => {
    event.preventDefaultAction = true
    event.preventDefault = false
  })
  viewer.canvas.tabIndex = -1
  return viewer
}

/** Move by a fifth of the view. */
export function step({ viewport, element }, right, up) {
  viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(right * 0.2 * element.clientWidth, -up * 0.2 * element.clientHeight)))
  viewport.applyConstraints()
}

export function zoom({ viewport }, factor) {
  viewport.zoomBy(factor)
  viewport.applyConstraints()
}

/** Zoom with the wheel, about the place it points at. */
export function roll({ viewport }, { originalEvent, position }) {
  originalEvent.preventDefault()
  viewport.zoomBy(Math.exp(-originalEvent.deltaY * 0.003), viewport.pointFromPixel(position))
  viewport.applyConstraints()
}

/** A panorama laid flat: azimuth to the right, elevation up, as many pixels as it has. Same words as `round` in round.js. */
export function flat(screen, content, direction, changed) {
  const { az_left_deg, az_span_deg, el_top_deg, el_bottom_deg } = content
  const { width, height } = content.tiles ?? content
  const viewer = zoomable(screen, content, az_span_deg === 360)
  const { viewport } = viewer
  const middle = () => viewport.getCenter(true)
  /** Where a direction lies, on the turn that is next to the middle. */
  const point = (azimuth, elevation) => {
    const turn = 360 / az_span_deg
    const x = (azimuth - az_left_deg) / az_span_deg
    return new OpenSeadragon.Point(x + turn * Math.round((middle().x - x) / turn), ((el_top_deg - elevation) / (el_top_deg - el_bottom_deg)) * (height / width))
  }
  const perDegree = () => (screen.clientWidth * viewport.getZoom(true)) / az_span_deg

  viewer.addHandler("open", () => {
    const all = el_top_deg - el_bottom_deg
    const shown = Math.min(direction?.fov ?? all, all)
    viewport.zoomTo((screen.clientHeight / shown / screen.clientWidth) * az_span_deg, null, true)
    viewport.panTo(point(direction?.azimuth ?? content.look_az_deg, direction?.elevation ?? (el_top_deg + el_bottom_deg) / 2), true)
    viewport.applyConstraints(true)
    screen.dataset.ready = "yes"
    changed()
  })
  for (const name of ["update-viewport", "animation", "resize"]) viewer.addHandler(name, changed)
  viewer.addHandler("canvas-scroll", (event) => (event.originalEvent.ctrlKey || document.fullscreenElement) && roll(viewer, event))
  const azimuthOf = (x) => (((az_left_deg + x * az_span_deg) % 360) + 360) % 360
  return {
    ready: () => viewer.isOpen(),
    across: () => screen.clientWidth / perDegree(),
    perDegree,
    /** Pixel of a direction. */
    place(azimuth, elevation) {
      const pixel = viewport.pixelFromPoint(point(azimuth, elevation), true)
      return [pixel.x, pixel.y]
    },
    /** Azimuth and elevation at a pixel. */
    toward(x, y) {
      const at = viewport.pointFromPixel(new OpenSeadragon.Point(x, y), true)
      return [azimuthOf(at.x), el_top_deg - ((at.y * width) / height) * (el_top_deg - el_bottom_deg)]
    },
    turn(right, up) {
      step(viewer, right, up)
      return azimuthOf(viewport.getCenter().x)
    },
    look(azimuth) {
      viewport.panTo(new OpenSeadragon.Point(point(azimuth, 0).x, middle().y))
      viewport.applyConstraints()
    },
    zoomIn: () => zoom(viewer, 1.5),
    zoomOut: () => zoom(viewer, 1 / 1.5),
    destroy: () => viewer.destroy(),
  }
}
